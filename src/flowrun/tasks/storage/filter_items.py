"""`io.kestra.plugin.core.storage.FilterItems`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.engine.conditions import holds
from flowrun.errors import TemplateError
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.items import items, shortest_decimal
from flowrun.tasks.storage.stored import keep_file, new_file, stored

if TYPE_CHECKING:
    from typing import BinaryIO

    from flowrun.model.run_context import RunContext


class FilterType(StrEnum):
    """What happens to the items that match."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class ErrorOrNullBehavior(StrEnum):
    """What a condition means that fails or gives null."""

    FAIL = "FAIL"
    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


@dataclass(frozen=True, kw_only=True)
class FilterItems(RunnableTask):
    """Keeps or drops the items for which `filterCondition` holds; it sees the fields of an item as variables."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "processedItemsTotal": "integer",
        "droppedItemsTotal": "integer",
    }

    from_: Templated[str]
    filter_condition: str
    filter_type: Templated[FilterType] = FilterType.INCLUDE
    error_or_null_behavior: Templated[ErrorOrNullBehavior] = ErrorOrNullBehavior.FAIL

    def run(self, ctx: RunContext) -> dict[str, Any]:
        with stored(ctx, self.from_) as file, new_file() as path:
            with path.open("wb") as kept:
                processed, dropped = self.filter(file, kept, ctx)
            counts = {"processedItemsTotal": processed, "droppedItemsTotal": dropped}
            return {"uri": keep_file(ctx, path, ".ion"), **counts}

    def filter(self, file: BinaryIO, kept: BinaryIO, ctx: RunContext) -> tuple[int, int]:
        """Copy the lines that stay; how many there were, and how many were dropped."""
        processed = dropped = 0
        for line, item in items(file, shortest_decimal):
            processed += 1
            if self.stays(item, ctx):
                kept.write(f"{line}\n".encode())
            else:
                dropped += 1
        return processed, dropped

    def stays(self, item: dict[str, Any], ctx: RunContext) -> bool:
        """Whether an item stays. Raises `TemplateError`."""
        try:
            matches = holds(ctx.render(self.filter_condition, item))
        except TemplateError:
            if self.error_or_null_behavior is ErrorOrNullBehavior.FAIL:
                raise
            return self.error_or_null_behavior is ErrorOrNullBehavior.INCLUDE
        return matches is (self.filter_type is FilterType.INCLUDE)
