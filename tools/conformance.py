"""Compare flowrun with the recorded answers of a Kestra server, and hold the lists of known differences true.

    python -m tools.conformance FOLDER

FOLDER holds the recordings with their scripts `compare.py` and `check_expressions.py`. A case that
fails must be named in `docs/differences.md` (for good) or in `docs/not-yet-done.txt` (for now);
a case that the latter names and that passes is reported, so that the list can shrink.
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
    """`surprises`: failing cases that nothing names. `done`: cases that pass, under the pattern that says they do not."""

    surprises: list[str]
    excused: list[str]
    done: dict[str, list[str]]


def judge(results: Mapping[str, str | None], not_yet: Iterable[str], differences: Iterable[str]) -> Verdict:
    """Sort the failing cases into those that a list names and those that none does. `results`: case → difference."""
    patterns, accepted = list(not_yet), list(differences)
    failing = sorted(name for name, difference in results.items() if difference)
    passing = sorted(name for name, difference in results.items() if not difference)
    excused = [name for name in failing if named(name, [*patterns, *accepted])]
    done = {pattern: [name for name in passing if fnmatchcase(name, pattern)] for pattern in patterns}
    return Verdict(
        surprises=[name for name in failing if name not in excused],
        excused=excused,
        done={pattern: names for pattern, names in done.items() if names},
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
    results = {**answers, **expressions}
    verdict = judge(
        results,
        patterns_of(NOT_YET_DONE.read_text(encoding="utf-8")),
        cases_of(DIFFERENCES.read_text(encoding="utf-8")),
    )
    report(verdict, results)
    bad = sum(1 for difference in answers.values() if difference)
    say(f"cases: {len(answers) - bad} passed, {bad} failed")
    say(f"expressions: {agreeing} passed, {len(expressions)} failed")
    say(f"{len(verdict.excused)} failures are known, {len(verdict.surprises)} are not")
    return 1 if verdict.surprises else 0


def report(verdict: Verdict, results: Mapping[str, str | None]) -> None:
    """A line for each failure that nothing names, and for each pattern that names what passes."""
    for name in verdict.surprises:
        say(f"FAIL {name}  {results[name]}")
    for pattern, names in verdict.done.items():
        say(f"docs/not-yet-done.txt: `{pattern}` names cases that pass now: {', '.join(names)}")


def say(line: str) -> None:
    """Write a line to stdout."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
