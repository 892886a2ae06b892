"""A flow file after `flowrun validate` has looked at it, and the sum of many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowrun.cli.problems import counted, plural
from flowrun.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.cli.look import Paint
    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.source import Source


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and what was found in it. `strict`: warnings count as errors."""

    source: Source
    diagnostics: Sequence[Diagnostic]
    strict: bool

    @property
    def valid(self) -> bool:
        """Whether nothing in it counts as an error."""
        return not self.fatal

    @property
    def fatal(self) -> list[Diagnostic]:
        """What makes it invalid."""
        severities = (Severity.ERROR, Severity.WARNING) if self.strict else (Severity.ERROR,)
        return [one for one in self.diagnostics if one.severity in severities]


@dataclass(slots=True)
class Tally:
    """What the last line of a report says."""

    files: int = 0
    invalid: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, checked: Checked) -> None:
        """Count one more file."""
        self.files += 1
        self.invalid += not checked.valid
        self.diagnostics.extend(checked.diagnostics)

    def line(self, paint: Paint) -> str:
        """`2 files checked, 1 invalid: 2 errors`."""
        good = "valid" if self.files == 1 else "all valid"
        verdict = paint("error", f"{self.invalid} invalid") if self.invalid else paint("success", good)
        found = counted(self.diagnostics)
        return f"{plural(self.files, 'file')} checked, {verdict}{': ' if found else ''}{found}\n"
