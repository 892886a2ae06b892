"""`io.kestra.plugin.core.flow.LoopUntil` (once `WaitFor`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.engine.conditions import holds
from flowrun.engine.steps import InOrder
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import FlowableContext, PassEnd, RepeatedTask, Steps, Task
from flowrun.tasks.flow.rendered import duration, flag, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COUNT = "iterationCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFrequency:
    """The wait between two passes, and what ends the loop although its condition does not hold."""

    interval: Templated[timedelta | None] = timedelta(minutes=1)
    max_iterations: Templated[int | None] = None
    max_duration: Templated[timedelta | None] = None


@dataclass(frozen=True, kw_only=True)
class LoopUntil(RepeatedTask):
    """Runs its tasks again and again until `condition` holds, or a limit is reached (flow reference, 5.8)."""

    output_fields: ClassVar[dict[str, str]] = {"iterationCount": "integer"}

    tasks: list[Task]
    condition: Templated[str]
    fail_on_max_reached: Templated[bool] = False
    check_frequency: CheckFrequency = field(default_factory=CheckFrequency)

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any]:
        return {COUNT: (ctx.task_run.outputs or {}).get(COUNT, 1)}

    def steps(self, ctx: FlowableContext) -> Steps:
        return InOrder(self.tasks, iteration=ctx.task_run.iteration or 0)

    def after_pass(self, ctx: FlowableContext) -> PassEnd:
        """The condition is asked with the count of this pass and, as it may look at that, with the one of the next."""
        count = self.outputs(ctx)[COUNT]
        if holds(ctx.render(self.condition)):
            return PassEnd({COUNT: count}, again=False)
        longest = duration(self.check_frequency.max_duration, ctx)
        if longest is not None and ctx.task_run.state.start + longest < ctx.now:
            return self.limit_reached("Max duration reached", count, ctx)
        most = whole_number(self.check_frequency.max_iterations, ctx)
        if most is not None and count + 1 > most:
            return self.limit_reached("Max iterations reached", count + 1, ctx)
        over = holds(ctx.render(self.condition, {COUNT: count + 1}))
        return PassEnd({COUNT: count + 1}, again=not over)

    def limit_reached(self, reason: str, count: int, ctx: FlowableContext) -> PassEnd:
        """The loop is over, and has failed if that is wanted; `allowFailure` is not looked at."""
        ctx.log(LogLevel.WARN, reason)
        failed = flag(self.fail_on_max_reached, ctx)
        return PassEnd({COUNT: count}, again=False, state=StateType.FAILED if failed else None)

    def interval(self, ctx: FlowableContext) -> timedelta:
        return duration(self.check_frequency.interval, ctx) or timedelta()
