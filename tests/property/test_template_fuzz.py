"""Whatever a template says, it gives a value or a `TemplateError`: never another exception, never anything of Python's.

`FLOWRUN_FUZZ_SECONDS` says how long is tried (2 seconds of whole batches in `make test`, 60 in `make fuzz`). The
batches are the same every time.
"""

from __future__ import annotations

import copy
import os
import re
import time
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.support.template_grammar import VARIABLES, templates

from flowrun.template import NoHost, TemplateError, evaluate, render
from flowrun.template import compile as compile_template
from flowrun.template.callables import Failure, Missing

SECONDS = float(os.environ.get("FLOWRUN_FUZZ_SECONDS", "2"))
BATCH = 250
FOREVER = timedelta(seconds=60)
"""What no template may take, far from what any takes."""
PYTHON = re.compile(
    r"\b(?:[A-Z]\w*Error: |NoneType|flowrun\.|<(?:class|function|built-in|bound method)|object at 0x|Traceback)"
)
"""How a slip of ours shows in a message or a text."""
OF_JSON = ("Null key", "No serializer")
SLIPS = (TypeError, AttributeError, NameError, AssertionError, NotImplementedError)


class Still(NoHost):
    """A fixed clock and chance."""

    def now(self) -> datetime:
        return datetime(2025, 6, 15, 7, 8, 9, tzinfo=UTC)

    def random(self) -> float:
        return 0.25


def check(source: str) -> None:
    before = copy.deepcopy(VARIABLES)
    for call in (render, evaluate):
        try:
            value = call(source, VARIABLES, Still())
        except TemplateError as error:
            check_error(error, source)
        else:
            assert not PYTHON.search(str(value)), value
    try:
        for one in compile_template(source).references():
            assert one.span.line <= source.count("\n") + source.count("\u2028") + 1
    except TemplateError as error:
        check_error(error, source)
    assert before == VARIABLES


def check_error(error: TemplateError, source: str) -> None:
    span = error.span
    assert span is not None
    lines = re.split("\r\n|[\n\r\u0085\u2028\u2029]", source)
    assert (1, 1) <= (span.line, span.column) < (span.end_line, span.end_column)
    assert span.column <= len(lines[span.line - 1]) + 1
    assert span.end_line <= len(lines)
    assert not PYTHON.search(error.message.replace(source, "")), error.message
    assert not PYTHON.search(f"{error.summary} {error.hint}"), (error.summary, error.hint)
    cause = error.__cause__
    while isinstance(cause, Failure | Missing):
        cause = cause.__cause__
    assert not isinstance(cause, SLIPS) or str(cause).startswith(OF_JSON), repr(cause)


def test_any_template_gives_a_value_or_a_template_error() -> None:
    end, batch = time.monotonic() + SECONDS, 0
    while batch == 0 or time.monotonic() < end:
        batch += 1

        @seed(batch)
        @settings(
            max_examples=BATCH,
            deadline=FOREVER,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(templates)
        def tried(source: str) -> None:
            check(source)

        tried()
    print(f"{batch * BATCH} templates")  # noqa: T201 - for whoever runs it by hand
