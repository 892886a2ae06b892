"""What comes into the engine (messages) and what it asks for (commands)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from flowrun.engine.restart import RestartPlan
    from flowrun.model.task import ExecutionChange


@dataclass(frozen=True, slots=True)
class Begin:
    """Start the execution that was created.

    `running`: how many executions of the flow hold the slots that its `concurrency` allows; None when one is free.
    """

    running: int | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """Go on with an execution of an earlier process; `plan` says from where. `running` as in `Begin`."""

    plan: RestartPlan
    running: int | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Somebody's word that a task run which waits for it may go on. `inputs`: those of its `onResume`; None: there are none.

    `plan`: what runs again beside it, when this is the first thing of a new process.
    """

    task_run_id: str
    inputs: Mapping[str, Any] | None
    plan: RestartPlan | None = None


class SlotGranted:
    """The execution was QUEUED, and its turn has come."""


@dataclass(frozen=True, slots=True)
class BodySucceeded:
    """The body of a task came to its end. `change`: what it asks to be changed in the execution. `state`: how it ended.
    `idle`: it had nothing to do, which the server counts as no attempt.
    """

    task_run_id: str
    attempt: int
    outputs: Mapping[str, Any] | None = None
    change: ExecutionChange | None = None
    state: StateType = StateType.SUCCESS
    idle: bool = False


@dataclass(frozen=True, slots=True)
class BodyFailed:
    """The body of a task failed; `outputs` are kept although it did."""

    task_run_id: str
    attempt: int
    message: str
    outputs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BodyKilled:
    """A body that was to be cancelled is gone, or was given up; what it would have answered does not count."""

    task_run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class CallRefused:
    """A flow could not be called. `logged`: the task says so too, not the execution alone."""

    task_run_id: str
    attempt: int
    message: str
    logged: bool


@dataclass(frozen=True, slots=True)
class FolderEntered:
    """The shared directory of a task run is ready; `problem`: why it is not."""

    task_run_id: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class FolderLeft:
    """What is to be kept of a shared directory is kept; `problem`: why it is not."""

    task_run_id: str
    outputs: Mapping[str, Any] | None = None
    problem: str | None = None


class TimerKind(Enum):
    """What a timer is for."""

    RETRY = "retry"
    TIMEOUT = "timeout"
    INTERVAL = "interval"
    STOP = "stop"
    SLA = "sla"


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do later. `attempt` tells a timer of an earlier attempt from one that still counts.

    `state`: what a task run that waits for somebody's word ends in when nobody gave it. For an SLA `task_run_id` is its id.
    """

    kind: TimerKind
    task_run_id: str
    attempt: int
    duration: timedelta
    state: StateType | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The moment of a timer has come."""

    timer: Timer


class Kill:
    """End the execution: nothing new starts, what runs is cancelled and waited for; `afterExecution` still runs."""


class Abort:
    """End the execution at once: nothing is waited for, nothing runs any more."""


Message = (
    Begin
    | Restart
    | Resume
    | SlotGranted
    | BodySucceeded
    | BodyFailed
    | BodyKilled
    | CallRefused
    | FolderEntered
    | FolderLeft
    | TimerFired
    | Kill
    | Abort
)


@dataclass(frozen=True, slots=True)
class RunBody:
    """Run the body of a task; answer with `BodySucceeded` or `BodyFailed`, with this attempt."""

    task_run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Send `TimerFired` at this moment."""

    at: datetime
    timer: Timer


@dataclass(frozen=True, slots=True)
class CancelBody:
    """Interrupt a body; answer with `BodyKilled` when it is gone."""

    task_run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class EnterFolder:
    """Make the directory that the children of a task run share; answer with `FolderEntered`."""

    task_run_id: str


@dataclass(frozen=True, slots=True)
class LeaveFolder:
    """Keep what is to be kept of such a directory; answer with `FolderLeft`."""

    task_run_id: str


class AwaitSlot:
    """The execution is QUEUED: answer with `SlotGranted` when its turn has come."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Run the flow once more, from its first task, in a new execution that begins at this moment."""

    at: datetime


Command = RunBody | StartTimer | CancelBody | EnterFolder | LeaveFolder | AwaitSlot | Replay
