"""The report for people: every problem drawn with its line, then the sum."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowrun.cli.checked import Tally
from flowrun.cli.ci import ci_system_of, in_repository
from flowrun.cli.problems import draw_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.cli.checked import Checked
    from flowrun.cli.look import Paint
    from flowrun.sinks.ci import CiSystem


def report(checked: Iterable[Checked], paint: Paint) -> Iterator[str]:
    """A piece for each file that has problems, as soon as it is checked; in a job of a CI system with annotations."""
    system = ci_system_of(os.environ)
    tally = Tally()
    for one in checked:
        tally.add(one)
        drawn = draw_all(one.diagnostics, one.source, paint)
        yield for_ci(drawn, one, system) if system else drawn
    yield tally.line(paint)


def for_ci(drawn: str, checked: Checked, system: CiSystem) -> str:
    """The problems as drawn, and as annotations of the file; no text of the file may be taken for a command."""
    from flowrun.sinks.ci import annotate, harmless

    file = in_repository(checked.source.name, os.environ)
    return harmless(drawn) + annotate(checked.diagnostics, file, system)
