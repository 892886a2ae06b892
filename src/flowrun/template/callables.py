"""How filters, functions and tests are declared and called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.template.host import Host

Arguments = dict[str, Any]
"""The arguments of a call by name; one that was not given is not there. Unnamed surplus ones have their position."""


class Failure(Exception):
    """A filter, function or operator refuses; becomes a `TemplateError` with the place of the call.

    The message is the engine's own.
    """


class RenderContext(Protocol):
    """What a callable may ask of the rendering that it is part of."""

    host: Host
    """Clock, random numbers, files, key-value store, secrets."""

    variables: Mapping[str, Any]
    """The variables given to the template; never changed."""

    def render(self, source: str) -> str:
        """Render another template, seeing all that this one sees at this point. Raises `TemplateError`."""
        ...

    def visible(self) -> dict[str, Any]:
        """Every variable that is visible at this point, `set` and loop variables included."""
        ...


class Filter(NamedTuple):
    """`parameters` are the names of the arguments in order; None: any arguments are taken, and ignored or numbered."""

    apply: Callable[[Any, Arguments, RenderContext], Any]
    parameters: tuple[str, ...] | None = None


class Function(NamedTuple):
    """As `Filter`, without an input."""

    call: Callable[[Arguments, RenderContext], Any]
    parameters: tuple[str, ...] | None = None
