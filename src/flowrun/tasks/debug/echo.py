"""`io.kestra.plugin.core.debug.Echo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Echo(RunnableTask):
    """Writes a line to the log (deprecated: `log.Log`)."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.log.Log`"
    output_fields: ClassVar[dict[str, str]] = {}

    inline: ClassVar[bool] = True

    format: Templated[str | None] = None
    level: Templated[LogLevel] = LogLevel.INFO

    def run(self, ctx: RunContext) -> None:
        ctx.log(self.level, self.format or "")
