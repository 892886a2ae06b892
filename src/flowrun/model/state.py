"""The states of executions, task runs and attempts, and their history (`CREATED → RUNNING → SUCCESS`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class StateType(StrEnum):
    """Kestra's states; which of them an execution or a task run can have: `docs/how-a-run-proceeds.md`."""

    CREATED = "CREATED"
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    RESTARTED = "RESTARTED"
    KILLING = "KILLING"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    FAILED = "FAILED"
    KILLED = "KILLED"
    CANCELLED = "CANCELLED"
    QUEUED = "QUEUED"
    RETRYING = "RETRYING"
    RETRIED = "RETRIED"
    SKIPPED = "SKIPPED"

    @property
    def is_terminal(self) -> bool:
        """Nothing follows this state."""
        return self in TERMINAL


TERMINAL = frozenset(
    {
        StateType.SUCCESS,
        StateType.WARNING,
        StateType.FAILED,
        StateType.KILLED,
        StateType.CANCELLED,
        StateType.RETRIED,
        StateType.SKIPPED,
    }
)


@dataclass(slots=True)
class State:
    """The present state and every one before it, with the moment each began (aware, UTC)."""

    current: StateType
    histories: list[tuple[StateType, datetime]] = field(default_factory=list)

    @classmethod
    def created(cls, at: datetime) -> State:
        """A state that begins as CREATED."""
        return cls(StateType.CREATED, [(StateType.CREATED, at)])

    def copy(self) -> State:
        """One that changes by itself."""
        return State(self.current, list(self.histories))

    def change(self, to: StateType, at: datetime) -> None:
        """Enter a state; entering the present one again changes nothing."""
        if to is not self.current:
            self.current = to
            self.histories.append((to, at))

    @property
    def start(self) -> datetime:
        """When the first state began."""
        return self.histories[0][1]

    @property
    def end(self) -> datetime | None:
        """When the terminal state began; None while there is more to come."""
        return self.histories[-1][1] if self.current in TERMINAL else None

    @property
    def duration(self) -> timedelta:
        """From the first state to the last one."""
        return self.histories[-1][1] - self.histories[0][1]
