"""`io.kestra.plugin.core.log.Log`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Log(RunnableTask):
    """Writes one line to the log for each message."""

    inline: ClassVar[bool] = True

    message: Templated[str | list[str]]
    level: Templated[LogLevel] = LogLevel.INFO

    def run(self, ctx: RunContext) -> None:
        for line in [self.message] if isinstance(self.message, str) else self.message:
            ctx.log(self.level, line)
