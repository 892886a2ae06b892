"""What the parts of the language raise, and how it becomes the one error that users see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from flowrun.errors import TemplateError
from flowrun.template.callables import Failure, Missing

if TYPE_CHECKING:
    from flowrun.diagnostics import Span

LINE_BREAK: Final = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
DASHED: Final = re.compile(r"\w+(?:-\w+)+")


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


def syntax_error(source: str, problem: SyntaxProblem) -> TemplateError:
    """The error for a template that cannot be parsed (spec, 3.2)."""
    span = place(source, problem.start)
    return TemplateError(f"{problem.message} ({source}:{span.line})", kind="syntax", span=span, hint=problem.hint)


def missing_error(source: str, missing: Missing) -> TemplateError:
    """The error for a variable or attribute that does not exist: what `??` catches (spec, 3.1)."""
    span = place(source, missing.start, missing.end)
    message = f"Unable to find `{missing.name}` used in the expression `{source}` at line {span.line}"
    return TemplateError(message, kind="missing", span=span, hint=missing_hint(source, missing))


def missing_hint(source: str, missing: Missing) -> str:
    """A dashed key wants brackets; else the nearest name there is; else how to do without."""
    dashed = DASHED.match(source, max(missing.start, 0))
    if dashed and source[missing.start - 1 : missing.start] == ".":
        return f"write `['{dashed.group()}']` for a key with a dash"
    known = [str(key) for key in missing.holder] if isinstance(missing.holder, Mapping) else []
    return nearest(missing.name, known) or f"write `{missing.name} ?? 'default'` for a value that may be absent"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A question after the known name that looks most like this one."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(known), 1, 0.7)
    same_letters = [one for one in known if one.lower() == name.lower()]
    best = [*same_letters, *found]
    return f"did you mean `{best[0]}`?" if best else None


def evaluation_error(source: str, failure: Failure) -> TemplateError:
    """The error of a filter, function or operator that refuses (spec, 3.2)."""
    span = place(source, max(failure.start, 0), failure.end if failure.start >= 0 else len(source))
    return TemplateError(
        str(failure) if failure.told else f"{failure} ({source}:{span.line})",
        kind="evaluation",
        span=span,
        hint=failure_hint(source, failure),
    )


def failure_hint(source: str, failure: BaseException) -> str | None:
    """The hint of a failure, or of the missing variable that caused it."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, Missing):
            return f"`{cause.name}` is missing; {missing_hint(source, cause)}"
        if isinstance(cause, Failure) and cause.hint:
            return cause.hint
        cause = cause.__cause__
    return None


def limit_error(source: str, message: str) -> TemplateError:
    """The error of a template that is too large, too deep or too busy."""
    return TemplateError(message, kind="limit", span=place(source, 0, len(source)))
