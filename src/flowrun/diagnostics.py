"""Problems with a place: what is wrong, where it stands in the text, and what to try."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """`ERROR` refuses the flow, `WARNING` is sure or likely to surprise, `NOTE` only informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: lines and columns count from 1 and in characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `path` is the place in the flow (`tasks[0].message`).

    `kestra` is the server's own sentence for it, empty where the server has none (it accepts the
    flow, and the problem shows only when it runs).
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    path: str = ""
    hint: str | None = None
    notes: tuple[str, ...] = ()
    kestra: str = ""

    def at(self, span: Span) -> Diagnostic:
        """The same problem, placed at `span`."""
        return replace(self, span=span)
