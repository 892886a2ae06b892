"""How the properties of a flow file are declared on its dataclasses.

A field is a property: `snake_case` here, `camelCase` in the file (`finally_` is `finally`). Its type says what may stand
there, its default what an absent one means (no default: required). `loading` reads these
declarations to build objects and to say what does not fit; `runtime` to render templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

T = TypeVar("T")


class Dynamic:
    """Marks a property that may be a native value or a template.

    It is kept as written (a scalar as its text, lists and maps as plain values) and becomes its
    declared type when the task runs.
    """


Templated = Annotated[T, Dynamic()]
"""`Templated[int]`: an int, or a template that renders to one when the task runs."""


class Typed(Dynamic):
    """Marks a templated property whose type is that of the result: the task itself evaluates it (`RunContext.evaluate`)."""


class Expression:
    """Marks a property that is text (or holds text) with templates in it, which the engine renders when it asks."""


class Rendered(Expression):
    """As `Expression`: of its declared type in the file too. All of its texts are rendered when the task runs."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole text must match this regular expression (in Java's words: `must match "…"`)."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Length:
    """Bounds of a text's length in characters; `message` replaces `size must be between MIN and MAX`."""

    minimum: int
    maximum: int
    message: str | None = None


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The smallest number allowed (`must be greater than or equal to N`)."""

    minimum: int


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A list, map or text that must hold something."""

    message: str = "must not be empty"


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Kestra has given this property up; `advice` says what to write instead."""

    advice: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Other names under which the property is accepted, deprecated ones included."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ByType:
    """An object whose `type` picks its class; all of them have the properties of `base`."""

    base: type
    classes: dict[str, Any]


class GivenLabels:
    """Labels that an execution is given, in either spelling; kept as written, as their values are templates."""


class Labels:
    """Labels, as a map or as a list of `{key, value}`: a dict of texts either way (reference of the flow file, 1.2)."""
