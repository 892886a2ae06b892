"""What happened to an execution, in the order in which it happened.

Folding the events of an execution with `engine.evolve` gives the execution; giving them to a sink
shows it. `at` is aware, UTC, of the run's own clock (virtual under `--virtual-time`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.log import LogEntry
    from flowrun.model.state import StateType


@dataclass(frozen=True, slots=True)
class ExecutionCreated:
    """The execution exists, with its inputs, labels and variables; nothing has run."""

    at: datetime
    execution: Execution


@dataclass(frozen=True, slots=True)
class ExecutionRestarted:
    """An execution of an earlier process goes on. It stands in the place of `ExecutionCreated` as the first event.

    `removed` are the ids of task runs that no longer belong to it: those of `errors`, `finally` and
    `afterExecution`, which will run anew (flow reference, 10.5).
    """

    at: datetime
    execution: Execution
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ExecutionStateChanged:
    """The execution entered a state."""

    at: datetime
    state: StateType


@dataclass(frozen=True, slots=True)
class ExecutionOutputsSet:
    """The flow's outputs were rendered."""

    at: datetime
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LabelsSet:
    """The execution's labels are now these."""

    at: datetime
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """The execution's variables are now these."""

    at: datetime
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskRunCreated:
    """A task run joined the execution's list, in state CREATED.

    `branch` is the list of its parent that it belongs to: `tasks`, `errors`, `finally` or `afterExecution`.
    """

    at: datetime
    task_run: TaskRun
    branch: str


@dataclass(frozen=True, slots=True)
class TaskRunStateChanged:
    """A task run entered a state without running its body: a flowable, a skipped, retried or killed one."""

    at: datetime
    task_run_id: str
    state: StateType


@dataclass(frozen=True, slots=True)
class PassStarted:
    """A loop over time begins its next pass. `removed` are the ids of the task runs of the last one, which are gone now."""

    at: datetime
    task_run_id: str
    iteration: int
    removed: Sequence[str]


@dataclass(frozen=True, slots=True)
class TaskRunOutputsSet:
    """Outputs of a flowable task run, written before it ends (`evaluationResult` of an If)."""

    at: datetime
    task_run_id: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """The body of a task is handed over to be run: SUBMITTED, then RUNNING, with a new attempt."""

    at: datetime
    task_run_id: str


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The body ended. `attempt_state` is the body's own, `state` the task run's (`allowFailure`: FAILED → WARNING)."""

    at: datetime
    task_run_id: str
    attempt_state: StateType
    state: StateType
    outputs: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AttemptWithdrawn:
    """The attempt that was begun does not count: there was nothing to do."""

    at: datetime
    task_run_id: str


@dataclass(frozen=True, slots=True)
class LogWritten:
    """A line of the log."""

    entry: LogEntry


Event = (
    ExecutionCreated
    | ExecutionRestarted
    | ExecutionStateChanged
    | ExecutionOutputsSet
    | LabelsSet
    | VariablesSet
    | TaskRunCreated
    | TaskRunStateChanged
    | PassStarted
    | TaskRunOutputsSet
    | AttemptStarted
    | AttemptEnded
    | AttemptWithdrawn
    | LogWritten
)
