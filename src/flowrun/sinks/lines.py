"""Lines of output before anybody knows about colours or widths: pieces of text, each with the name of a style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flowrun.model.log import LogLevel
from flowrun.model.state import StateType

if TYPE_CHECKING:
    from datetime import datetime, timedelta, tzinfo


class Piece(NamedTuple):
    """A stretch of text. `style` is a key of `sinks.terminal.STYLES`; empty is plain."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]

NARROW = 60
"""Columns of a terminal below which things stand under each other that else stand side by side."""


def plain(line: Line) -> str:
    """The text of a line, without spaces at its end."""
    return "".join(piece.text for piece in line).rstrip()


@dataclass(frozen=True, slots=True)
class Symbols:
    """What is drawn beside words, in Unicode or in ASCII."""

    states: dict[StateType, str]
    start: str
    branch: str
    last: str
    pipe: str
    more: str
    times: str


S = StateType

UNICODE = Symbols(
    states={
        S.SUCCESS: "✓",
        S.WARNING: "▲",
        S.FAILED: "✗",
        S.SKIPPED: "○",
        S.KILLED: "■",
        S.KILLING: "■",
        S.CANCELLED: "■",
        S.RUNNING: "▶",
        S.PAUSED: "‖",
        S.RETRYING: "↻",
        S.RETRIED: "↻",
    },
    start="▶",
    branch="├─ ",
    last="└─ ",
    pipe="│  ",
    more="…",
    times="×",
)

ASCII = Symbols(
    states={
        S.SUCCESS: "+",
        S.WARNING: "!",
        S.FAILED: "x",
        S.SKIPPED: "o",
        S.KILLED: "#",
        S.KILLING: "#",
        S.CANCELLED: "#",
        S.RUNNING: ">",
        S.PAUSED: "=",
        S.RETRYING: "~",
        S.RETRIED: "~",
    },
    start=">",
    branch="|- ",
    last="`- ",
    pipe="|  ",
    more="...",
    times="x",
)

OTHER_STATE = "·"


def symbol(state: StateType, symbols: Symbols) -> str:
    """The symbol of a state; those that nobody sees for long share one."""
    return symbols.states.get(state, OTHER_STATE if symbols is UNICODE else ".")


def clock(at: datetime, zone: tzinfo | None) -> str:
    """`10:00:00.012` in a zone; None is the machine's."""
    return at.astimezone(zone).isoformat(timespec="milliseconds")[11:23]


LEVELS = {level: f"{level.value:<5}" for level in LogLevel}


def for_people(duration: timedelta) -> str:
    """`3 ms`, `1.2 s`, `4 m 05 s`, `2 h 00 m`."""
    millis = round(duration.total_seconds() * 1000)
    if millis < 1000:
        return f"{millis} ms"
    if millis < 59_950:
        return f"{millis / 1000:.1f} s"
    minutes, seconds = divmod(round(millis / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} m" if hours else f"{minutes} m {seconds:02} s"


ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?|\r")
"""What programs write to steer a terminal: colours, titles, cursor movements."""


def printable(text: str) -> str:
    """The text without what could rewrite the terminal it is shown on; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in ESCAPES.sub("", text))


PRINTABLE_ASCII = bytes(range(ord(" "), ord("~") + 1))


def is_printable(text: str) -> bool:
    """As `str.isprintable`, and five times as fast for a long text in ASCII."""
    return not text.encode().translate(None, PRINTABLE_ASCII) if text.isascii() else text.isprintable()
