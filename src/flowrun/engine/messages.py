"""What comes into the engine (messages) and what it asks for (commands)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Begin:
    """Start the execution that was created."""


@dataclass(frozen=True, slots=True)
class BodySucceeded:
    """The body of a task came to its end."""

    task_run_id: str
    attempt: int
    outputs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BodyFailed:
    """The body of a task failed; `outputs` are kept although it did."""

    task_run_id: str
    attempt: int
    message: str
    outputs: Mapping[str, Any] | None = None


class TimerKind(Enum):
    """What a timer is for."""

    RETRY = "retry"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do later. `attempt` tells a timer of an earlier attempt from one that still counts."""

    kind: TimerKind
    task_run_id: str
    attempt: int
    duration: timedelta


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The moment of a timer has come."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Kill:
    """End the execution: nothing new starts, what runs is cancelled."""


Message = Begin | BodySucceeded | BodyFailed | TimerFired | Kill


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
    """Interrupt a body; whatever it still answers is ignored."""

    task_run_id: str


Command = RunBody | StartTimer | CancelBody
