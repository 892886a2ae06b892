"""`io.kestra.plugin.core.debug.Return`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Return(RunnableTask):
    """Gives the rendered `format` as its output `value`."""

    output_fields: ClassVar[dict[str, str]] = {"value": "string"}

    inline: ClassVar[bool] = True

    format: Templated[str | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:
        ctx.log(LogLevel.DEBUG, self.format or "")
        return {"value": self.format}
