"""`io.kestra.plugin.core.storage.DeduplicateItems`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.batches import lines
from flowrun.tasks.storage.items import items
from flowrun.tasks.storage.stored import keep_file, new_file, stored

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class DeduplicateItems(RunnableTask):
    """Keeps the last item of each key; `expr`, which sees the fields of an item as variables, gives its key."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "numKeys": "integer",
        "processedItemsTotal": "integer",
        "droppedItemsTotal": "integer",
    }

    from_: Templated[str]
    expr: str

    def run(self, ctx: RunContext) -> dict[str, Any]:
        last: dict[str, int] = {}
        count = 0
        with stored(ctx, self.from_) as file:
            for _, item in items(file):
                last[ctx.render(self.expr, item)] = count
                count += 1
        places = set(last.values())
        with stored(ctx, self.from_) as file, new_file() as path:
            with path.open("wb") as kept:
                kept.writelines(f"{line}\n".encode() for place, line in enumerate(lines(file)) if place in places)
            uri = keep_file(ctx, path, ".ion")
        counts = {"processedItemsTotal": count, "droppedItemsTotal": count - len(last)}
        return {"uri": uri, "numKeys": len(last), **counts}
