"""`io.kestra.plugin.core.trigger.Flow` (flow reference, 9.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import Expression, Matches, NotEmpty
from flowrun.model.state import StateType
from flowrun.model.trigger import Trigger

PRECONDITION_ID = Matches("^[a-zA-Z0-9][a-zA-Z0-9_-]*")


class WindowType(StrEnum):
    """How the time within which all preconditions must be met is measured."""

    DAILY_TIME_DEADLINE = "DAILY_TIME_DEADLINE"
    DAILY_TIME_WINDOW = "DAILY_TIME_WINDOW"
    DURATION_WINDOW = "DURATION_WINDOW"
    SLIDING_WINDOW = "SLIDING_WINDOW"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """The time within which all preconditions must be met."""

    type: WindowType = WindowType.DURATION_WINDOW
    deadline: str | None = None
    window: timedelta | None = None
    window_advance: timedelta | None = None
    start_time: str | None = None
    end_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFlow:
    """Executions of a flow, or of a namespace, that count."""

    namespace: str
    flow_id: str | None = None
    states: list[StateType] | None = None
    labels: Any = None


class FilterField(StrEnum):
    """What a filter looks at."""

    FLOW_ID = "FLOW_ID"
    NAMESPACE = "NAMESPACE"
    STATE = "STATE"
    EXPRESSION = "EXPRESSION"


class FilterType(StrEnum):
    """How a filter compares."""

    EQUAL_TO = "EQUAL_TO"
    NOT_EQUAL_TO = "NOT_EQUAL_TO"
    IN = "IN"
    NOT_IN = "NOT_IN"
    IS_TRUE = "IS_TRUE"
    IS_FALSE = "IS_FALSE"
    IS_NULL = "IS_NULL"
    IS_NOT_NULL = "IS_NOT_NULL"
    STARTS_WITH = "STARTS_WITH"
    ENDS_WITH = "ENDS_WITH"
    REGEX = "REGEX"
    CONTAINS = "CONTAINS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One comparison."""

    field: FilterField
    type: FilterType
    value: str | None = None
    values: list[str] | None = None


class Operand(StrEnum):
    """Whether all filters must hold, or one."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Executions that count, by what is compared."""

    id: Annotated[str, NotEmpty()]
    operand: Operand = Operand.AND
    filters: Annotated[list[Filter], NotEmpty()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """Executions that must all have happened within a time."""

    id: Annotated[str, NotEmpty("must not be blank"), PRECONDITION_ID]
    time_window: TimeWindow | None = None
    reset_on_success: bool = True
    flows: list[UpstreamFlow] | None = None
    where: list[ExecutionFilter] | None = None


@dataclass(frozen=True, kw_only=True)
class FlowTrigger(Trigger):
    """Fires when an execution of another flow reaches one of `states`."""

    variables: ClassVar[frozenset[str] | None] = frozenset(
        {"executionId", "namespace", "flowId", "flowRevision", "state", "executionLabels", "outputs"}
    )
    scheduled: ClassVar[bool] = False

    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    states: list[StateType] | None = None
    preconditions: Preconditions | None = None
