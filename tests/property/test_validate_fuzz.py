"""Whatever stands in a file, checking it gives problems with places in it: no exception, no hang.

`FLOWRUN_FUZZ_SECONDS` says how long is tried (2 seconds in `make test`, 60 in `make fuzz`), `FLOWRUN_FUZZ_SEED` from where.
"""

from __future__ import annotations

import os
import re
import time
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.broken_files import broken, corpus

from flowrun.app import flows
from flowrun.diagnostics import Diagnostic, draw
from flowrun.errors import UsageError
from flowrun.loading.source import Source, decode

SECONDS = float(os.environ.get("FLOWRUN_FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("FLOWRUN_FUZZ_SEED", "1"))
FILES = corpus()
LONGEST = 5.0
NAMED = ("unknown-field", "unknown-type", "undeclared-input", "unknown-variable", "unknown-task", "duplicate-key")
"""Codes of problems that are about a name, which is the first that their messages quote."""
PYTHON = re.compile(r"\b(?:[A-Z]\w*Error: |NoneType|<(?:class|function|built-in|bound method)|object at 0x|Traceback)")


def check(data: bytes) -> None:
    try:
        source = Source(decode(data, "broken.yaml"), "broken.yaml")
    except UsageError:
        return
    lines = source.text.split("\n")
    together = flows.signatures([source])
    for problem in flows.check(source, together):
        check_place(problem, lines)
        assert not PYTHON.search(draw(problem, source.name, "", plain))


def plain(style: str, text: str) -> str:
    return text


def check_place(problem: Diagnostic, lines: list[str]) -> None:
    span = problem.span
    assert span is not None, problem
    assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column), problem
    assert span.end_line <= len(lines) + 1, problem
    assert span.column <= len(lines[span.line - 1]) + 1 if span.line <= len(lines) else span.column == 1, problem

    if problem.code in NAMED and span.line == span.end_line:
        name = re.findall("`([^`]*)`", problem.message)[0]
        pointed = lines[span.line - 1][span.column - 1 : span.end_column - 1]
        assert name in pointed or not as_written(name, pointed), (problem, pointed)


def as_written(name: str, pointed: str) -> bool:
    """Whether a name stands in the file as it is: no escapes, no number in another form (`.inf` is `Infinity`)."""
    return (
        bool(re.fullmatch(r"[a-zA-Z_][\w-]*", name))
        and "\\" not in pointed
        and not re.match(r"[-+.\d~yYnNtTfFoO]", pointed)
    )


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.integers(0, 2**32))
def test_spans_lie_inside_the_text_and_point_at_what_is_named(number: int) -> None:
    check(broken(Random(number), FILES))


def test_any_file_gives_problems_with_places() -> None:
    end, number = time.monotonic() + SECONDS, SEED
    while number == SEED or time.monotonic() < end:
        data = broken(Random(number), FILES)
        start = time.monotonic()
        try:
            check(data)
        except Exception as problem:
            raise AssertionError(f"seed {number}: {data!r}") from problem
        assert time.monotonic() - start < LONGEST, f"seed {number}: {data!r}"
        number += 1
    print(f"{number - SEED} files")  # noqa: T201 - for whoever runs it by hand
