"""The report for GitHub Actions: a workflow command for each problem, which GitHub shows beside its line, then the sum.

Here every problem is written; GitHub itself shows ten annotations of a severity for each step.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flowrun.cli.checked import Tally
from flowrun.cli.ci import in_repository
from flowrun.cli.look import painter
from flowrun.sinks.ci import annotation_of, github_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.cli.checked import Checked


def report(checked: Iterable[Checked]) -> Iterator[str]:
    """A piece for each file, as soon as it is checked."""
    tally = Tally()
    for one in checked:
        tally.add(one)
        file = in_repository(one.source.name, os.environ)
        yield "".join(github_line(annotation_of(found, file)) for found in one.diagnostics)
    yield tally.line(painter(color=False))
