"""Compare flowrun with the recorded answers of a Kestra server, and hold the lists of known differences true.

    python -m tools.conformance FOLDER

FOLDER holds the recordings with their scripts `compare.py` and `check_expressions.py`. A case that
fails must be named in `docs/differences.md` (for good) or in `docs/not-yet-done.txt` (for now);
a name in the latter whose cases all pass is reported, so that the list can shrink.
Cases are named `area/case`, those of expressions `expr/id`. Exit status 1 when a case fails that nothing names.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[1]
DIFFERENCES = ROOT / "docs" / "differences.md"
NOT_YET_DONE = ROOT / "docs" / "not-yet-done.txt"

FAILED_EXPRESSION = re.compile(r"^(\S+)\.yaml (\S+): (.*)", re.MULTILINE)
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`surprises`: failing cases that nothing names. `stale`: patterns of not-yet-done that no failing case needs."""

    surprises: list[str]
    excused: list[str]
    stale: list[str]


def judge(failing: Iterable[str], not_yet: Iterable[str], differences: Iterable[str]) -> Verdict:
    """Sort the failing cases into those that a list names and those that none does."""
    names, patterns, accepted = sorted(failing), list(not_yet), list(differences)
    excused = [name for name in names if named(name, [*patterns, *accepted])]
    return Verdict(
        surprises=[name for name in names if name not in excused],
        excused=excused,
        stale=[pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names)],
    )


def named(case: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means the case."""
    return any(fnmatchcase(case, pattern) for pattern in patterns)


def patterns_of(text: str) -> list[str]:
    """The glob patterns of `not-yet-done.txt`: the first word of each line that is no comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def cases_of(text: str) -> list[str]:
    """The cases that a Markdown text names: everything like `area/case` in backticks."""
    return re.findall(r"`([\w.*-]+/[\w.*-]+)`", text)


def run_cases(folder: Path) -> Mapping[str, str | None]:
    """What `compare.py` says of each case: its first difference, None where it agrees."""
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "result.json"
        call = [sys.executable, str(folder / "compare.py"), "--cmd", flowrun(), "--json", str(result)]
        call += ["--args=--virtual-time", "--validate-args=--server-only"]
        subprocess.run(call, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        answers: Mapping[str, str | None] = json.loads(result.read_text(encoding="utf-8"))
        return answers


def run_expressions(folder: Path) -> tuple[int, dict[str, str]]:
    """How many expressions agree, and the template of each that does not."""
    call = [sys.executable, str(folder / "check_expressions.py"), "--show", "1000000"]
    done = subprocess.run(call, check=False, capture_output=True, text=True, encoding="utf-8")  # noqa: S603
    counts = COUNTS.search(done.stdout)
    if counts is None:
        sys.exit(f"check_expressions.py gave no answer: {done.stdout}{done.stderr}")
    return int(counts[1]), {f"expr/{found[2]}": found[3] for found in FAILED_EXPRESSION.finditer(done.stdout)}


def flowrun() -> str:
    """The command of this environment."""
    return str(Path(sys.executable).parent / "flowrun")


def main() -> int:
    """Compare everything, print what there is to see, and say whether it will do."""
    folder = Path(sys.argv[1])
    answers = run_cases(folder)
    agreeing, expressions = run_expressions(folder)
    failing = {name: difference for name, difference in answers.items() if difference} | expressions
    passed = len(answers) + agreeing + len(expressions) - len(failing)
    verdict = judge(
        failing,
        patterns_of(NOT_YET_DONE.read_text(encoding="utf-8")),
        cases_of(DIFFERENCES.read_text(encoding="utf-8")) if DIFFERENCES.exists() else [],
    )
    for name in verdict.surprises:
        print(f"FAIL {name}  {failing[name]}")  # noqa: T201
    for pattern in verdict.stale:
        print(f"docs/not-yet-done.txt: `{pattern}` is done, take it out")  # noqa: T201
    bad = sum(1 for difference in answers.values() if difference)
    print(f"cases: {len(answers) - bad} passed, {bad} failed")  # noqa: T201
    print(f"expressions: {agreeing} passed, {len(expressions)} failed")  # noqa: T201
    print(  # noqa: T201
        f"together: {passed} passed, {len(verdict.excused)} known to fail, {len(verdict.surprises)} surprises"
    )
    return 1 if verdict.surprises else 0


if __name__ == "__main__":
    sys.exit(main())
