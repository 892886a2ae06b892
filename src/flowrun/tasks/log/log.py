"""`io.kestra.plugin.core.log.Log`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import Expression, Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Log(RunnableTask):
    """Writes one line to the log for each message.

    The messages are rendered one by one: those before a broken one are written.
    """

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    message: Annotated[Any, Expression()]
    level: Templated[LogLevel] = LogLevel.INFO

    def run(self, ctx: RunContext) -> None:
        for line in self.message if isinstance(self.message, list) else [self.message]:
            if not isinstance(line, str):
                raise TaskFailed(f"Invalid message type '{type(line).__name__}'")
            ctx.log(self.level, ctx.render(line))
