"""Compile, render and evaluate templates: the entry points of the language."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowrun.errors import TemplateError
from flowrun.template import failures
from flowrun.template.callables import Failure, Missing
from flowrun.template.host import NoHost
from flowrun.template.limits import LONGEST_TEMPLATE, LimitReached
from flowrun.template.values import SafeString, printed, well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.diagnostics import Span
    from flowrun.template.compiler import Program
    from flowrun.template.host import Host
    from flowrun.template.rendering import Rendering, Show

CACHED: Final = 1000
SCALARS: Final = (str, bool, int, float, Decimal)
NO_HOST: Final = NoHost()
_RAW: Final = r"\{%-*\s*raw\s*-*%\}(.*?)\{%-*\s*endraw\s*-*%\}"


class Reference(NamedTuple):
    """One read of a variable, or of something in it.

    `path` has the variable and then keys and indices, None for one that is computed: `outputs.a[i].b` gives
    `("outputs", "a", None, "b")`. It ends before a method call.
    `guarded`: the template copes with its absence (`??`, `is defined`, `default`) or may not come to it (a branch).
    """

    path: tuple[str | int | None, ...]
    span: Span
    guarded: bool


class Template:
    """One compiled template; it holds no state of a rendering and may be used by many threads."""

    __slots__ = ("_program", "_raw", "is_plain", "source", "text")

    def __init__(self, source: str) -> None:
        self.source = source
        self.is_plain = not ("{{" in source or "{%" in source or "{#" in source)
        """Whether there is nothing to evaluate: rendering gives the source."""
        self._raw: dict[str, str] = {}
        self._program: Program | None = None
        self.text = source
        """The source as the parser sees it: with a placeholder for each `raw` block."""
        if self.is_plain:
            return
        if "endraw" in source:
            self.text, self._raw = without_raw(source)
        try:
            self._program = compiled(self.text)
        except TemplateError as error:
            self._place(error)
            raise

    def render(self, variables: Mapping[str, Any], host: Host | None = None, *, within: Rendering | None = None) -> str:
        """The text of the template for these variables. Raises `TemplateError`.

        `host` gives what the template may ask of the world; `within` is the rendering that asked for
        this one with `render()`.
        """
        if self._program is None:
            return self.source
        pieces = self._run(variables, host, printed, within)
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        return self._with_raw(text, unwrap=within is None)

    def evaluate(self, variables: Mapping[str, Any], host: Host | None = None) -> Any:
        """The typed result (spec, 4.4): the value itself where the template is one print, else text.

        Text around a list or map is read as JSON where it is JSON. Raises `TemplateError`.
        """
        if self._program is None:
            return self.source
        pieces = self._run(variables, host, None, None)
        if not pieces:
            return None
        if len(pieces) == 1:
            value = pieces[0]
            return self._with_raw(str(value), unwrap=True) if type(value) is str or type(value) is SafeString else value
        if all(isinstance(piece, SCALARS) for piece in pieces):
            return self._with_raw("".join(map(printed, pieces)), unwrap=True)
        return first_json_value(self.render(variables, host))

    def references(self) -> list[Reference]:
        """The variable paths that the template reads, for checks without running it."""
        from flowrun.template.parser import parse
        from flowrun.template.references import references

        found = [] if self.is_plain else references(self.text, parse(self.text))
        return [one._replace(span=failures.as_written(one.span, self.text, self._raw)) for one in found]

    def _run(
        self, variables: Mapping[str, Any], host: Host | None, show: Show | None, within: Rendering | None
    ) -> list[Any]:
        assert self._program is not None
        try:
            return self._program.run(variables, host or NO_HOST, show, within)
        except TemplateError:
            raise
        except Exception as problem:
            error = self._error(problem)
            self._place(error)
            raise error from problem

    def _error(self, problem: Exception) -> TemplateError:
        """The one error that users see for whatever went wrong."""
        if isinstance(problem, Missing):
            return failures.missing_error(self.text, problem)
        if isinstance(problem, Failure):
            return failures.evaluation_error(self.text, problem)
        if isinstance(problem, LimitReached):
            return failures.limit_error(self.text, str(problem))
        if isinstance(problem, RecursionError | MemoryError):
            return failures.limit_error(self.text, "The template or its data is nested too deep or too large")
        return failures.evaluation_error(self.text, Failure(f"{type(problem).__name__}: {problem}"))

    def _place(self, error: TemplateError) -> None:
        """Move the place of an error from the text that was parsed to the template as written."""
        if error.span is not None:
            error.span = failures.as_written(error.span, self.text, self._raw)

    def _with_raw(self, text: str, *, unwrap: bool) -> str:
        for placeholder, block in self._raw.items():
            text = text.replace(placeholder, block)
        if unwrap and "endraw" in text:
            text = re.sub(_RAW, r"\1", text)
        return well_formed(text)


def compiled(text: str) -> Program:
    """The program of a template's text. Raises `TemplateError`."""
    from flowrun.template.compiler import Program

    if len(text) > LONGEST_TEMPLATE:
        raise failures.limit_error(text[:100], f"The template has more than {LONGEST_TEMPLATE} characters")
    try:
        return Program(text)
    except failures.SyntaxProblem as problem:
        raise failures.syntax_error(text, problem) from problem
    except LimitReached as problem:
        raise failures.limit_error(text, str(problem)) from problem
    except RecursionError as problem:
        raise failures.limit_error(text, "The template is nested too deep") from problem


def without_raw(source: str) -> tuple[str, dict[str, str]]:
    """Each `raw` block of one line replaced by a placeholder, and the blocks by placeholder (spec, 1.9)."""
    from uuid import uuid4

    blocks: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        placeholder = str(uuid4())
        blocks[placeholder] = found.group()
        return placeholder

    return re.sub(_RAW, replace, source), blocks


def first_json_value(text: str) -> Any:
    """The first JSON value of a text, or the text where it does not begin with one."""
    from flowrun.template.json_text import JsonProblem, read_first

    try:
        return read_first(text)
    except JsonProblem:
        return text


@lru_cache(maxsize=CACHED)
def compile(source: str) -> Template:  # noqa: A001 - the name that users know
    """The compiled template; the latest thousand are kept. Raises `TemplateError` for bad syntax."""
    return Template(source)


def render(source: str, variables: Mapping[str, Any], host: Host | None = None) -> str:
    """Compile and render to text. Raises `TemplateError`."""
    return source if "{" not in source else compile(source).render(variables, host)


def evaluate(source: str, variables: Mapping[str, Any], host: Host | None = None) -> Any:
    """Compile and render to a typed value. Raises `TemplateError`."""
    return source if "{" not in source else compile(source).evaluate(variables, host)
