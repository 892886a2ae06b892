"""Log levels and log lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


MASK = "******"
"""What stands in the place of a secret."""

BROKEN_SLA = "Execution failed due to "
"""How the line of the engine begins that says which SLA ended the execution."""


class LogLevel(StrEnum):
    """From the most talkative to the gravest."""

    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"

    @property
    def rank(self) -> int:
        """0 for TRACE to 4 for ERROR."""
        return RANKS[self]


RANKS = {level: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of an execution's log. Lines of the engine itself belong to no task."""

    at: datetime
    level: LogLevel
    message: str
    task_id: str | None = None
    task_run_id: str | None = None


OF_A_TEXT = 64
"""Bytes that a text takes beside its characters."""


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines of one task run that came at once: a program may write a million, and an object for each costs more than it."""

    at: datetime
    level: LogLevel
    messages: Sequence[str]
    task_id: str | None = None
    task_run_id: str | None = None

    @property
    def bytes(self) -> int:
        """About what they take of the memory."""
        return sum(map(len, self.messages)) + OF_A_TEXT * len(self.messages)

    def entries(self) -> Iterator[LogEntry]:
        """Each line by itself."""
        return (LogEntry(self.at, self.level, one, self.task_id, self.task_run_id) for one in self.messages)
