"""`io.kestra.plugin.core.flow.Pause`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.engine.retry import tolerated
from flowrun.engine.steps import InOrder
from flowrun.model.properties import Alias, Deprecated, Templated
from flowrun.model.state import StateType
from flowrun.model.task import FlowableContext, Steps, Stop, StoppingTask, Task
from flowrun.tasks.flow.rendered import duration, unrecognized

if TYPE_CHECKING:
    from collections.abc import Iterator


class PauseBehavior(StrEnum):
    """What the end of `pauseDuration` means."""

    RESUME = "RESUME"
    WARN = "WARN"
    CANCEL = "CANCEL"
    FAIL = "FAIL"


ENDS: dict[PauseBehavior, StateType] = {
    PauseBehavior.RESUME: StateType.SUCCESS,
    PauseBehavior.WARN: StateType.WARNING,
    PauseBehavior.CANCEL: StateType.CANCELLED,
    PauseBehavior.FAIL: StateType.FAILED,
}


@dataclass(frozen=True, kw_only=True)
class Pause(StoppingTask):
    """Stops the execution until somebody resumes it, or for `pauseDuration`."""

    output_fields: ClassVar[dict[str, str]] = {"onResume": "object", "resumed": "object"}

    pause_duration: Annotated[Templated[timedelta | None], Alias(("delay",))] = None
    behavior: Templated[PauseBehavior] = PauseBehavior.RESUME
    tasks: Annotated[list[Task] | None, Deprecated("put them behind the Pause")] = None

    def children(self) -> Iterator[Task]:
        return iter(self.tasks or ())

    def steps(self, ctx: FlowableContext) -> Steps:  # noqa: ARG002
        return InOrder(self.tasks)

    def stop(self, ctx: FlowableContext) -> Stop:
        """`allowFailure` counts when the `timeout` is over, not for what `behavior` asks for."""
        pause = duration(self.pause_duration, ctx)
        if pause is not None:
            return Stop(pause, ENDS[self.wanted(ctx)])
        return Stop(duration(self.timeout, ctx), tolerated(self, StateType.FAILED))

    def wanted(self, ctx: FlowableContext) -> PauseBehavior:
        """The rendered `behavior`."""
        text = ctx.render(self.behavior)
        try:
            return PauseBehavior(text)
        except ValueError as problem:
            raise unrecognized(text) from problem
