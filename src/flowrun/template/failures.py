"""What the parts of the language raise, and how it becomes the one error that users see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowrun.errors import TemplateError
from flowrun.template.callables import Failure, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.diagnostics import Span

LINE_BREAK: Final = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
MARKED: Final = re.compile(r"\{%.*?%\}|\{\{|\}\}|%\}|\w+|.", re.DOTALL)
"""What is marked where a template cannot be parsed: a whole tag, a closing delimiter, a word, a character."""


LONGEST_SUMMARY: Final = 300


class SyntaxProblem(Exception):
    """The template cannot be parsed; `start` is an offset in it."""

    def __init__(self, message: str, start: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.hint = hint


def place(source: str, start: int, end: int | None = None) -> Span:
    """Offsets in a template as lines and columns from 1."""
    from flowrun.diagnostics import Span

    line, column = position(source, start)
    end_line, end_column = position(source, max(end if end is not None else start + 1, start + 1))
    return Span(line, column, end_line, end_column)


def position(source: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset."""
    line, begin = 1, 0
    for found in LINE_BREAK.finditer(source, 0, offset):
        line, begin = line + 1, found.end()
    return line, offset - begin + 1


def offset_of(source: str, line: int, column: int) -> int:
    """The offset of a line and column: what `position` gave them for."""
    begins = [0, *(found.end() for found in LINE_BREAK.finditer(source))]
    return begins[line - 1] + column - 1


def as_written(span: Span, text: str, blocks: Mapping[str, str]) -> Span:
    """A span in a text with placeholders for some blocks, as one in the text that has these blocks."""
    if not blocks:
        return span
    source = text
    for mark, block in blocks.items():
        source = source.replace(mark, block)

    def moved(line: int, column: int) -> int:
        offset = offset_of(text, line, column)
        before = text[:offset]
        return offset + sum(len(block) - len(mark) for mark, block in blocks.items() if mark in before)

    return place(source, moved(span.line, span.column), moved(span.end_line, span.end_column))


def syntax_error(source: str, problem: SyntaxProblem) -> TemplateError:
    """The error for a template that cannot be parsed (spec, 3.2). Its place is what was left open, where that is known."""
    from flowrun.template.hints import opened, plain_words, syntax_hint

    start = opened(source, problem.message, problem.start)
    marked = MARKED.match(source, start)
    return TemplateError(
        f"{problem.message} ({source}:{place(source, problem.start).line})",
        kind="syntax",
        span=place(source, start, marked.end() if marked else None),
        hint=problem.hint or syntax_hint(source, problem.message, problem.start),
        summary=brief(plain_words(source, problem.message, problem.start)),
    )


def missing_error(source: str, missing: Missing) -> TemplateError:
    """The error for a variable or attribute that does not exist: what `??` catches (spec, 3.1)."""
    from flowrun.template.hints import missing_hint

    span = place(source, missing.start, missing.end)
    summary = brief(f"Unable to find `{missing.name}`")
    message = f"Unable to find `{missing.name}` used in the expression `{source}` at line {span.line}"
    return TemplateError(message, kind="missing", span=span, hint=missing_hint(source, missing), summary=summary)


def evaluation_error(source: str, failure: Failure) -> TemplateError:
    """The error of a filter, function or operator that refuses (spec, 3.2)."""
    from flowrun.template.hints import beginning, failure_hint

    start, end = (failure.start, failure.end) if failure.start >= 0 else (0, len(source))
    line, _ = position(source, start)
    return TemplateError(
        str(failure) if failure.told else f"{failure} ({source}:{line})",
        kind="evaluation",
        span=place(source, beginning(source, start), end),
        hint=failure_hint(source, failure, start, end),
        summary=brief(": ".join([str(failure), *told_causes(failure)])),
    )


def brief(text: str) -> str:
    """The beginning of a text that may be that of any value."""
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1]}…"


def told_causes(failure: Failure) -> list[str]:
    """What made an operator refuse, in words; nothing of other failures, which say it themselves."""
    cause = failure.__cause__
    if isinstance(cause, Missing):
        return [f"Unable to find `{cause.name}`"]
    return [str(cause)] if isinstance(cause, Failure) else []


def limit_error(source: str, message: str) -> TemplateError:
    """The error of a template that is too large, too deep or too busy."""
    from flowrun.template.hints import limit_hint

    return TemplateError(message, kind="limit", span=place(source, 0, len(source)), hint=limit_hint(message))
