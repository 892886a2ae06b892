"""How filters, functions and tests are declared, called, and how they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.template.host import Host

Arguments = dict[str, Any]
"""The arguments of a call by name; one that was not given is not there. Unnamed surplus ones have their position."""


class Failure(Exception):
    """A filter, function or operator refuses, in the engine's own words.

    `start` and `end` are offsets in the template, set by the first node that it passes.
    """

    start = -1
    end = -1
    hint: str | None = None
    told = False
    """Whether the message already says where, as that of a template inside of a template does."""

    def at(self, start: int, end: int) -> Failure:
        """The same failure, placed unless it already is."""
        if self.start < 0:
            self.start, self.end = start, end
        return self


class Missing(Exception):
    """There is no such variable or attribute: what `??` and `default` catch.

    `holder` is what was searched, for a hint at what it does hold.
    """

    def __init__(self, name: str, start: int = -1, end: int = -1, holder: Any = None) -> None:
        super().__init__(name)
        self.name = name
        self.start = start
        self.end = end
        self.holder = holder


class RenderContext(Protocol):
    """What a callable may ask of the rendering that it is part of."""

    host: Host
    """Clock, random numbers, files, key-value store, secrets."""

    variables: Mapping[str, Any]
    """The variables given to the template; never changed."""

    def render(self, source: str) -> str:
        """Render another template, seeing all that this one sees at this point. Raises `TemplateError`."""
        ...

    def visible(self) -> Mapping[str, Any]:
        """Every variable that is visible at this point, `set` and loop variables included."""
        ...

    def block(self, name: str) -> str:
        """The output of a block of this template; empty if there is none."""
        ...


class Filter(NamedTuple):
    """`parameters` are the names of the arguments in order; None: any arguments are taken, and ignored or numbered.

    Without the first `required` of them it fails for every input but null.
    """

    apply: Callable[[Any, Arguments, RenderContext], Any]
    parameters: tuple[str, ...] | None = None
    required: int = 0


class Function(NamedTuple):
    """As `Filter`, without an input."""

    call: Callable[[Arguments, RenderContext], Any]
    parameters: tuple[str, ...] | None = None
    required: int = 0
