"""The conditions of triggers, `io.kestra.plugin.core.condition.` (flow reference, 9.6): what each needs and may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import NotEmpty, Templated
from flowrun.model.trigger import Condition, ConditionContext


def is_of_flow(ctx: ConditionContext, namespace: str, flow_id: str) -> bool:
    """Whether an execution is one of this flow."""
    named = (ctx.render(namespace), ctx.render(flow_id))
    return named == (ctx.execution.namespace, ctx.execution.flow_id)


@dataclass(frozen=True, kw_only=True)
class DateCondition(Condition):
    """Looks at a date; without one at that of the trigger."""

    date: Templated[str] = "{{ trigger.date }}"


@dataclass(frozen=True, kw_only=True)
class DateTimeBetween(DateCondition):
    """Strictly between two dates."""

    after: Templated[str | None] = None
    before: Templated[str | None] = None


@dataclass(frozen=True, kw_only=True)
class TimeBetween(DateCondition):
    """Strictly between two times of a day."""

    after: Templated[str | None] = None
    before: Templated[str | None] = None


@dataclass(frozen=True, kw_only=True)
class DayWeek(DateCondition):
    """A day of the week."""

    day_of_week: Templated[str]


@dataclass(frozen=True, kw_only=True)
class DayWeekInMonth(DateCondition):
    """The first to fourth, or the last, of a day of the week in a month."""

    day_of_week: Templated[str]
    day_in_month: Templated[str]


@dataclass(frozen=True, kw_only=True)
class Weekend(DateCondition):
    """Saturday or Sunday."""


@dataclass(frozen=True, kw_only=True)
class PublicHoliday(DateCondition):
    """A public holiday of a country."""

    country: Templated[str | None] = None
    sub_division: Templated[str | None] = None


@dataclass(frozen=True, kw_only=True)
class Expression(Condition):
    """The rendered text is neither blank nor `false`."""

    expression: Templated[str]

    def holds(self, ctx: ConditionContext) -> bool:
        return ctx.render(self.expression).strip() not in ("", "false")


@dataclass(frozen=True, kw_only=True)
class ExecutionFlow(Condition):
    """The other execution is one of this flow."""

    namespace: Templated[str]
    flow_id: Templated[str]

    def holds(self, ctx: ConditionContext) -> bool:
        return is_of_flow(ctx, self.namespace, self.flow_id)


@dataclass(frozen=True, kw_only=True)
class ExecutionNamespace(Condition):
    """The other execution belongs to this namespace."""

    namespace: Templated[str]
    comparison: Templated[str | None] = None
    prefix: Templated[bool] = False


@dataclass(frozen=True, kw_only=True)
class ExecutionStatus(Condition):
    """The other execution ended in one of these states, or in none of those."""

    in_: Templated[list[str] | None] = None
    not_in: Templated[list[str] | None] = None

    def holds(self, ctx: ConditionContext) -> bool:
        state = ctx.execution.current.value
        return (self.in_ is None or state in self.in_) and state not in (self.not_in or ())


@dataclass(frozen=True, kw_only=True)
class ExecutionLabels(Condition):
    """The other execution has all these labels."""

    labels: Templated[Any]


@dataclass(frozen=True, kw_only=True)
class ExecutionOutputs(Condition):
    """An expression over the outputs of the other execution."""

    expression: Templated[str]


@dataclass(frozen=True, kw_only=True)
class HasRetryAttempt(Condition):
    """A task of the other execution was tried more than once, with attempts in these states."""

    in_: Templated[list[str] | None] = None
    not_in: Templated[list[str] | None] = None


@dataclass(frozen=True, kw_only=True)
class FlowCondition(Condition):
    """The flow itself."""

    namespace: Templated[str]
    flow_id: Templated[str]

    def holds(self, ctx: ConditionContext) -> bool:
        return is_of_flow(ctx, self.namespace, self.flow_id)


@dataclass(frozen=True, kw_only=True)
class FlowNamespaceCondition(Condition):
    """The namespace of the flow."""

    namespace: Templated[str]
    prefix: Templated[bool] = False


@dataclass(frozen=True, kw_only=True)
class Not(Condition):
    """None of these holds."""

    conditions: Annotated[list[Condition], NotEmpty()]

    def holds(self, ctx: ConditionContext) -> bool:
        return not any(one.holds(ctx) for one in self.conditions)


@dataclass(frozen=True, kw_only=True)
class Or(Condition):
    """At least one of these holds."""

    conditions: Annotated[list[Condition], NotEmpty()]

    def holds(self, ctx: ConditionContext) -> bool:
        return any(one.holds(ctx) for one in self.conditions)


@dataclass(frozen=True, kw_only=True)
class MultipleCondition(Condition):
    """Several executions, each for one condition, within a time (deprecated: `preconditions`)."""

    deprecated: ClassVar[str | None] = "use the `preconditions` of the Flow trigger"

    id: str
    conditions: Annotated[dict[str, Condition], NotEmpty()]
    time_window: Any = None
    window: Any = None
    window_advance: Any = None
    reset_on_success: bool = True
