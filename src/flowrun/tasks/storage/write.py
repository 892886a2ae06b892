"""`io.kestra.plugin.core.storage.Write`."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.stored import keep

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Write(RunnableTask):
    """Stores a text as a file."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    content: Templated[str]
    extension: Templated[str | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:
        extension = ".tmp" if self.extension is None else self.extension
        return {"uri": keep(ctx, BytesIO((self.content or "").encode()), extension)}
