"""A compiled template, and the cache of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from flowrun.errors import TemplateError
from flowrun.template.callables import Failure
from flowrun.template.compiler import compile_body, compile_macros, nearest_of
from flowrun.template.failures import SyntaxProblem, evaluation_error, limit_error, missing_error, syntax_error
from flowrun.template.frame import LONGEST_OUTPUT, Absent, Frame, Refused, TooMuch
from flowrun.template.host import Host, NoHost
from flowrun.template.parser import parse
from flowrun.template.values import Collection, is_map, printed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_TEMPLATE: Final = 1_000_000
RAW: Final = re.compile(r"\{%[-\s]*raw[-\s]*%\}(.*?)\{%[-\s]*endraw[-\s]*%\}")
NO_HOST: Final = NoHost()


class Template:
    """A template, parsed and compiled once; rendering does not change it. Made by `compile`."""

    __slots__ = ("_blocks", "_body", "_macros", "_raw", "is_plain", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.is_plain = "{" not in source
        self._raw: dict[str, str] = {}
        if not self.is_plain:
            self._compile(self._without_raw(source))

    def _without_raw(self, source: str) -> str:
        """`{% raw %}…{% endraw %}` becomes an opaque word that survives the rendering (spec, 1.9)."""
        if "endraw" not in source:
            return source

        def hide(found: re.Match[str]) -> str:
            word = f"f10e2a7b-0000-4000-8000-{len(self._raw):012x}"
            self._raw[word] = found.group()
            return word

        return RAW.sub(hide, source)

    def _compile(self, source: str) -> None:
        if len(source) > LONGEST_TEMPLATE:
            raise limit_error("", f"The template is longer than {LONGEST_TEMPLATE} characters")
        try:
            parsed = parse(source)
            self._macros = compile_macros(parsed.macros)
            self._blocks = {name: compile_body(block.body) for name, block in parsed.blocks.items()}
            self._body = compile_body(parsed.body)
        except SyntaxProblem as problem:
            raise syntax_error(source, problem) from None
        except RecursionError:
            raise limit_error(source, "The template is nested too deep") from None

    def render(self, variables: Mapping[str, Any], host: Host | None = None) -> str:
        """The text that the template gives. Raises `TemplateError`."""
        if self.is_plain:
            return self.source
        text = self._guarded(self._text, Frame(variables, host or NO_HOST, self._macros, self._blocks, rendered))
        return RAW.sub(r"\1", text) if "endraw" in text else text

    def evaluate(self, variables: Mapping[str, Any], host: Host | None = None) -> Any:
        """The value: a template that is a single expression keeps its type (spec, 4.4). Raises `TemplateError`."""
        if self.is_plain:
            return self.source
        return self._guarded(self._value, Frame(variables, host or NO_HOST, self._macros, self._blocks, rendered))

    def render_in(self, frame: Frame) -> str:
        """Render as part of another rendering; `raw` blocks stay. Raises `TemplateError`."""
        if self.is_plain:
            return self.source
        inner = Frame(frame.visible(), frame.host, self._macros, self._blocks, rendered, frame.depth + 1)
        return self._guarded(self._text, inner)

    def _text(self, frame: Frame) -> str:
        out: list[Any] = []
        self._body(frame, out)
        text = "".join([piece if type(piece) is str else printed(piece) for piece in out])
        if len(text) > LONGEST_OUTPUT:
            raise TooMuch(f"The result is longer than {LONGEST_OUTPUT} characters")
        for word, original in self._raw.items():
            text = text.replace(word, original)
        return text

    def _value(self, frame: Frame) -> Any:
        out: list[Any] = []
        self._body(frame, out)
        if len(out) <= 1:
            return out[0] if out else None
        text = "".join([piece if type(piece) is str else printed(piece) for piece in out])
        structured = any(isinstance(piece, list | Collection) or is_map(piece) for piece in out)
        return first_json(text) if structured else text

    def _guarded(self, walk: Callable[[Frame], Any], frame: Frame) -> Any:
        """Everything that goes wrong leaves as a `TemplateError` with its place."""
        source = self.source
        try:
            return walk(frame)
        except Absent as absent:
            hint = missing_hint(source, absent, frame)
            raise missing_error(source, absent.name, absent.start, absent.end, hint) from None
        except Refused as refused:
            raise evaluation_error(source, str(refused), refused.start, refused.end, refused.hint) from None
        except TemplateError:
            raise
        except (TooMuch, RecursionError, MemoryError) as problem:
            raise limit_error(source, str(problem) or "The template is nested too deep") from None
        except (Failure, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as problem:
            raise evaluation_error(source, str(problem), 0, len(source)) from problem


@lru_cache(maxsize=1024)
def compile(source: str) -> Template:  # noqa: A001
    """The compiled form of a template, from the cache where it is there. Raises `TemplateError`."""
    return Template(source)


def render(source: str, variables: Mapping[str, Any], host: Host | None = None) -> str:
    """Compile and render to text. Raises `TemplateError`."""
    return source if "{" not in source else compile(source).render(variables, host)


def evaluate(source: str, variables: Mapping[str, Any], host: Host | None = None) -> Any:
    """Compile and evaluate to a value with its type. Raises `TemplateError`."""
    return source if "{" not in source else compile(source).evaluate(variables, host)


def rendered(source: str, frame: Frame) -> str:
    """What the function `render` does once."""
    return compile(source).render_in(frame)


def first_json(text: str) -> Any:
    """The first JSON value of a text, or the text itself."""
    from json import JSONDecodeError, JSONDecoder

    try:
        return JSONDecoder().raw_decode(text.lstrip())[0]
    except (JSONDecodeError, RecursionError):
        return text


def missing_hint(source: str, absent: Absent, frame: Frame) -> str:
    """What to try when something does not exist."""
    rest = source[absent.end :]
    if re.match(r"-[^\W\d]", rest):
        return f"a key with a dash needs brackets: `['{absent.name}-…']`"
    if not source[: absent.start].rstrip().endswith((".", "[")):
        try:
            near = nearest_of(absent.name, [str(name) for name in frame.visible()])
        except TypeError:
            near = None
        if near:
            return near
    return f"where it may be absent, give a default: `{absent.name} ?? 'default'`"
