"""How output looks: colour or none, how wide, with which symbols."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Paint = Callable[[str, str], str]

STYLES: dict[str, dict[str, object]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "cyan", "bold": True},
    "hint": {"fg": "cyan"},
    "success": {"fg": "green", "bold": True},
    "title": {"bold": True},
    "frame": {"fg": "blue"},
    "dim": {"dim": True},
}


class ColorChoice(StrEnum):
    """`--color`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Look:
    """How one stream is drawn on. `width` counts columns and matters on terminals only."""

    terminal: bool
    color: bool
    ascii: bool
    width: int


def look_of(stream: TextIO, choice: ColorChoice, *, ascii_only: bool) -> Look:
    """The look of a stream of this process."""
    terminal = stream.isatty()
    return Look(
        terminal=terminal,
        color=wants_color(choice, os.environ, terminal=terminal),
        ascii=ascii_only or not (stream.encoding or "").lower().startswith("utf"),
        width=shutil.get_terminal_size((80, 24)).columns,
    )


def wants_color(choice: ColorChoice, environment: Mapping[str, str], *, terminal: bool) -> bool:
    """The option, then `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb`, then whether it is a terminal."""
    if choice is not ColorChoice.AUTO:
        return choice is ColorChoice.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def error_painter(choice: ColorChoice | None = None) -> Paint:
    """The painter for stderr; without a choice that of `FLOWRUN_COLOR`, for errors of the call itself."""
    if choice is None:
        given = os.environ.get("FLOWRUN_COLOR", "auto")
        choice = ColorChoice(given) if given in set(ColorChoice) else ColorChoice.AUTO
    return painter(color=wants_color(choice, os.environ, terminal=sys.stderr.isatty()))


def painter(*, color: bool) -> Paint:
    """`paint(style, text)`: the text in a style of `STYLES`, or as it is."""
    if not color:
        return lambda _style, text: text
    import click

    return lambda style, text: click.style(text, **STYLES[style])  # type: ignore[arg-type]
