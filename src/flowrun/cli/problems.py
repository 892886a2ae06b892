"""Diagnostics on the command line: drawn with their source, and counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flowrun.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.cli.look import Paint
    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.source import Source


def draw_all(diagnostics: Sequence[Diagnostic], source: Source, paint: Paint) -> str:
    """Every problem with its place in the source, an empty line after each."""
    from flowrun.diagnostics import draw, without_secrets

    text = without_secrets(source.text, diagnostics)
    return "".join(f"{draw(one, source.name, text, paint).rstrip()}\n\n" for one in diagnostics)


def show(diagnostics: Sequence[Diagnostic], source: Source, paint: Paint) -> None:
    """Draw problems on stderr."""
    sys.stderr.write(draw_all(diagnostics, source, paint))


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty when there is nothing."""
    numbers = [(severity, sum(one.severity is severity for one in diagnostics)) for severity in Severity]
    return ", ".join(plural(number, severity.value) for severity, number in numbers if number)


def plural(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
