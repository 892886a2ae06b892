"""What the parts of the language raise, and how it becomes the one error that users see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowrun.diagnostics import Span
from flowrun.errors import TemplateError

if TYPE_CHECKING:
    from flowrun.template.callables import Failure

LINE_BREAK: Final = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")


class SyntaxProblem(Exception):
    """The template cannot be parsed; `start` is an offset in it."""

    def __init__(self, message: str, start: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.hint = hint


def place(source: str, start: int, end: int | None = None) -> Span:
    """Offsets in a template as lines and columns from 1."""
    line, column = position(source, start)
    end_line, end_column = position(source, max(end if end is not None else start + 1, start + 1))
    return Span(line, column, end_line, end_column)


def position(source: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset."""
    line, begin = 1, 0
    for found in LINE_BREAK.finditer(source, 0, offset):
        line, begin = line + 1, found.end()
    return line, offset - begin + 1


def syntax_error(source: str, problem: SyntaxProblem) -> TemplateError:
    """The error for a template that cannot be parsed (spec, 3.2)."""
    span = place(source, problem.start)
    return TemplateError(f"{problem.message} ({source}:{span.line})", kind="syntax", span=span, hint=problem.hint)


def missing_error(source: str, name: str, start: int, end: int, hint: str | None = None) -> TemplateError:
    """The error for a variable or attribute that does not exist: what `??` catches (spec, 3.1)."""
    span = place(source, start, end)
    message = f"Unable to find `{name}` used in the expression `{source}` at line {span.line}"
    return TemplateError(message, kind="missing", span=span, hint=hint)


def evaluation_error(source: str, failure: Failure | str, start: int, end: int, hint: str | None = None) -> TemplateError:
    """The error of a filter, function or operator that refuses (spec, 3.2)."""
    span = place(source, start, end)
    return TemplateError(f"{failure} ({source}:{span.line})", kind="evaluation", span=span, hint=hint)


def limit_error(source: str, message: str) -> TemplateError:
    """The error of a template that is too large, too deep or too busy."""
    return TemplateError(message, kind="limit", span=place(source, 0, len(source)))
