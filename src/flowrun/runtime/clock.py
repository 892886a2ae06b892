"""What time it is in a run: the wall's, or one that jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """All times of a run come from here: timers, dates in templates, histories of states."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def skip(self, to: datetime) -> bool:
        """Jump to a later moment; False where waiting is the only way."""
        ...


class WallClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def skip(self, to: datetime) -> bool:  # noqa: ARG002
        return False


class VirtualClock:
    """Real time that jumps to the next timer when nothing is busy (`--virtual-time`)."""

    def __init__(self, start: datetime | None = None) -> None:
        """`start`: the moment at which an earlier process stopped, which may lie ahead of the real time."""
        self.ahead = max(start - datetime.now(UTC), timedelta()) if start else timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def skip(self, to: datetime) -> bool:
        self.ahead += max(to - self.now(), timedelta())
        return True
