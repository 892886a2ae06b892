"""Compile, render and evaluate templates: the entry points of the language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowrun.errors import TemplateError
from flowrun.template import failures
from flowrun.template.callables import Failure, Missing
from flowrun.template.host import NoHost
from flowrun.template.limits import LONGEST_TEMPLATE, LimitReached
from flowrun.template.values import printed, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.diagnostics import Span
    from flowrun.template.compiler import Program
    from flowrun.template.host import Host

CACHED: Final = 1000
OPENING: Final = ("{{", "{%", "{#")
SCALARS: Final = (str, bool, int, float)
NO_HOST: Final = NoHost()
_RAW: Final = r"\{%-*\s*raw\s*-*%\}(.*?)\{%-*\s*endraw\s*-*%\}"


class Reference(NamedTuple):
    """One read of a variable, or of something in it.

    `path` has the variable and then the keys and indices that are constants: `outputs.a[i].b` gives `("outputs", "a")`.
    `guarded`: the template copes with its absence (`??`, `is defined`, `default`) or may not come to it (a branch).
    """

    path: tuple[str | int, ...]
    span: Span
    guarded: bool


class Template:
    """One compiled template; it holds no state of a rendering and may be used by many threads."""

    __slots__ = ("_program", "_raw", "is_plain", "source", "text")

    def __init__(self, source: str) -> None:
        self.source = source
        self.is_plain = not any(mark in source for mark in OPENING)
        """Whether there is nothing to evaluate: rendering gives the source."""
        self._raw: dict[str, str] = {}
        self._program: Program | None = None
        self.text = source
        """The source as the parser sees it: with a placeholder for each `raw` block."""
        if self.is_plain:
            return
        if "endraw" in source:
            self.text, self._raw = without_raw(source)
        self._program = compiled(self.text)

    def render(self, variables: Mapping[str, Any], host: Host | None = None, *, depth: int = 0) -> str:
        """The text of the template for these variables. Raises `TemplateError`.

        `host` gives what the template may ask of the world; `depth` counts `render()` inside of `render()`.
        """
        if self._program is None:
            return self.source
        pieces = self._run(variables, host, printed, depth)
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        return self._with_raw(text, unwrap=depth == 0)

    def evaluate(self, variables: Mapping[str, Any], host: Host | None = None) -> Any:
        """The typed result (spec, 4.4): the value itself where the template is one print, else text.

        Text around a list or map is read as JSON where it is JSON. Raises `TemplateError`.
        """
        if self._program is None:
            return self.source
        pieces = [piece for piece in self._run(variables, host, same_value, 0) if piece is not None]
        if not pieces:
            return None
        if len(pieces) == 1:
            value = pieces[0]
            return self._with_raw(value, unwrap=True) if type(value) is str else value
        if all(isinstance(piece, SCALARS) for piece in pieces):
            return self._with_raw("".join(map(printed, pieces)), unwrap=True)
        return first_json_value(self.render(variables, host))

    def references(self) -> list[Reference]:
        """The variable paths that the template reads, for checks without running it."""
        from flowrun.template.parser import parse
        from flowrun.template.references import references

        return [] if self.is_plain else references(self.text, parse(self.text))

    def _run(
        self, variables: Mapping[str, Any], host: Host | None, show: Callable[[Any], Any], depth: int
    ) -> list[Any]:
        from flowrun.template.rendering import Rendering

        assert self._program is not None
        out: list[Any] = []
        try:
            run = Rendering(self._program, variables, host or NO_HOST, show, depth)
            self._program.body(run, out)
        except TemplateError:
            raise
        except Exception as problem:
            raise self._error(problem) from problem
        return out

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

    def _with_raw(self, text: str, *, unwrap: bool) -> str:
        for placeholder, block in self._raw.items():
            text = text.replace(placeholder, block)
        if unwrap and "endraw" in text:
            text = re.sub(_RAW, r"\1", text)
        return well_formed(text)


def compiled(text: str) -> Program:
    """The program of a template's text. Raises `TemplateError`."""
    from flowrun.template.compiler import Program
    from flowrun.template.parser import parse

    if len(text) > LONGEST_TEMPLATE:
        raise failures.limit_error(text[:100], f"The template has more than {LONGEST_TEMPLATE} characters")
    try:
        return Program(text, parse(text))
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


def same_value(value: Any) -> Any:
    """What a typed rendering makes of a value."""
    return value


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
