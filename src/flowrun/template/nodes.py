"""The parsed form of a template. Every expression knows its offsets in the text."""

from __future__ import annotations

from typing import Any, NamedTuple


class Literal(NamedTuple):
    """A constant."""

    value: Any
    start: int
    end: int


class Name(NamedTuple):
    """A variable."""

    name: str
    start: int
    end: int


class Interpolation(NamedTuple):
    """A string with `#{…}` in it: texts and expressions in turn."""

    parts: tuple[Any, ...]
    start: int
    end: int


class ListLiteral(NamedTuple):
    items: tuple[Any, ...]
    start: int
    end: int


class MapLiteral(NamedTuple):
    """Keys are expressions too."""

    items: tuple[tuple[Any, Any], ...]
    start: int
    end: int


class Unary(NamedTuple):
    operator: str
    operand: Any
    start: int
    end: int


class Binary(NamedTuple):
    operator: str
    left: Any
    right: Any
    start: int
    end: int


class Ternary(NamedTuple):
    condition: Any
    then: Any
    otherwise: Any
    start: int
    end: int


class Call(NamedTuple):
    """A function or macro: positional arguments, then named ones."""

    name: str
    positional: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]
    start: int
    end: int


class Filtered(NamedTuple):
    """`operand | name(…)`."""

    operand: Any
    name: str
    positional: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]
    start: int
    end: int


class Test(NamedTuple):
    """`operand is name`, negated for `is not`."""

    operand: Any
    name: str
    negated: bool
    start: int
    end: int


class Attribute(NamedTuple):
    """`operand.name`, `operand[subscript]`, or with `arguments` a method call. `start` is where the attribute stands."""

    operand: Any
    subscript: Any
    arguments: tuple[Any, ...] | None
    start: int
    end: int


Expression = (
    Literal
    | Name
    | Interpolation
    | ListLiteral
    | MapLiteral
    | Unary
    | Binary
    | Ternary
    | Call
    | Filtered
    | Test
    | Attribute
)


class Text(NamedTuple):
    """Copied as it is."""

    text: str


class Print(NamedTuple):
    """`{{ expression }}`."""

    expression: Any
    start: int
    end: int


class If(NamedTuple):
    """Conditions with their bodies in order, and the body of `else`."""

    branches: tuple[tuple[Any, tuple[Any, ...]], ...]
    otherwise: tuple[Any, ...]


class For(NamedTuple):
    variable: str
    iterable: Any
    body: tuple[Any, ...]
    otherwise: tuple[Any, ...]


class Set(NamedTuple):
    name: str
    value: Any
    start: int
    end: int


class Macro(NamedTuple):
    """Parameters with their defaults (None: none)."""

    name: str
    parameters: tuple[tuple[str, Any], ...]
    body: tuple[Any, ...]


class FilterTag(NamedTuple):
    """Filters, in order, for the rendered body."""

    filters: tuple[Filtered, ...]
    body: tuple[Any, ...]


class Block(NamedTuple):
    name: str
    body: tuple[Any, ...]


Statement = Text | Print | If | For | Set | Macro | FilterTag | Block


class Parsed(NamedTuple):
    """A whole template. Macros and blocks are known everywhere in it; of several blocks of a name the last counts.

    `made` are the names that its tags give values to, macros aside.
    """

    body: tuple[Any, ...]
    macros: dict[str, Macro]
    blocks: dict[str, Block]
    made: frozenset[str]
