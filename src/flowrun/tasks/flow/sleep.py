"""`io.kestra.plugin.core.flow.Sleep`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.durations import format_duration
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask, Wait

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Sleep(RunnableTask):
    """Does nothing for a while: a timer, not a sleeping thread."""

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    duration: Templated[timedelta]

    def run(self, ctx: RunContext) -> Wait:
        ctx.log(LogLevel.INFO, f"Waiting for {format_duration(self.duration)}")
        return Wait(self.duration)
