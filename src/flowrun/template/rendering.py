"""The state of one rendering: scopes, output, limits. Closures made by `compiler` read and change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from flowrun.template.callables import Failure, Missing
from flowrun.template.limits import (
    COST_OF_CALL,
    COST_OF_RENDER,
    DEEPEST_RENDER,
    LARGE,
    MOST_STEPS,
    LimitReached,
    weight_of,
)
from flowrun.template.values import Array, to_text

if TYPE_CHECKING:
    from flowrun.template.compiler import Program
    from flowrun.template.host import Host

Show = Callable[[Any], str]

ALWAYS_THERE = {"locale": "en", "template": "template", "_context": "_context"}
"""Root variables of the engine's own; nobody uses them, but they are not missing."""


class Rendering:
    """One rendering of one program. `scopes` has the given variables first and the innermost scope last."""

    __slots__ = ("depth", "host", "isolated", "program", "scopes", "show", "size", "steps", "variables")

    def __init__(
        self,
        program: Program,
        variables: Mapping[str, Any],
        host: Host,
        show: Show | None,
        within: Rendering | None = None,
    ) -> None:
        self.program = program
        self.variables: Mapping[str, Any] = Owned(variables) if program.changes_values else variables
        self.host = host
        self.show = show
        """How a value is written; None: it is kept as it is, for a typed result."""
        self.scopes: list[MutableMapping[str, Any]] = [{}]
        self.isolated = False
        self.depth: int = within.depth + 1 if within else 0
        self.size = 0
        self.steps: int = within.steps if within else 0

    # --- variables

    def read(self, name: str, start: int, end: int) -> Any:
        """A variable, from the innermost scope that has it. Raises `Missing`."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        if not self.isolated and name in self.variables:
            return self.variables[name]
        if name in ALWAYS_THERE:
            return ALWAYS_THERE[name]
        raise Missing(name, start, end, self.visible())

    def assign(self, name: str, value: Any) -> None:
        """`set`: where the variable exists, else in the innermost scope. The given variables are shadowed, not changed."""
        if type(value) is str or type(value) is list:
            self.take_steps(len(value) // LARGE)
        for scope in reversed(self.scopes):
            if name in scope:
                scope[name] = value
                return
        known = not self.isolated and name in self.variables
        self.scopes[0 if known else -1][name] = value

    def visible(self) -> Mapping[str, Any]:
        """Every variable that is visible at this point."""
        if len(self.scopes) == 1 and not self.scopes[0] and not self.isolated:
            return self.variables
        seen: dict[str, Any] = {} if self.isolated else {name: self.variables[name] for name in self.variables}
        for scope in self.scopes:
            seen.update(scope)
        return seen

    # --- output and limits

    def take_steps(self, count: int) -> None:
        """Count passes through loops, and what else could go on for ever."""
        self.steps += count
        if self.steps > MOST_STEPS:
            raise LimitReached(f"The template loops more than {MOST_STEPS} times")

    def weigh(self, made: Any) -> Any:
        """A list or map that was just made of others, if it does not hold too much."""
        self.take_steps(weight_of(made) // 10)
        return made

    def aside(self, execute: Callable[[Rendering, list[Any]], None]) -> str:
        """The output of a body whose values are written as Java's text, not as JSON."""
        show, size = self.show, self.size
        self.show = to_text
        try:
            out: list[Any] = []
            execute(self, out)
            return "".join(out)
        finally:
            self.show, self.size = show, size

    # --- for functions

    def render(self, source: str) -> str:
        """Render another template at this point."""
        from flowrun.template.api import compile as compile_template

        if self.depth >= DEEPEST_RENDER:
            raise LimitReached(f"render() is nested more than {DEEPEST_RENDER} deep")
        self.take_steps(COST_OF_RENDER + 2 * len(source))
        return compile_template(source).render(self.visible(), self.host, within=self)

    def block(self, name: str) -> str:
        """The output of a block."""
        self.take_steps(COST_OF_CALL)
        body = self.program.blocks.get(name)
        return "" if body is None else self.aside(body)

    def macro(self, name: str, positional: list[Any], named: dict[str, Any]) -> str:
        """Call a macro: it sees its parameters only."""
        self.take_steps(COST_OF_CALL)
        macro = self.program.macros[name]
        given = bind(macro.parameters or None, positional, named)
        scope: dict[str, Any] = dict.fromkeys(macro.parameters)
        scopes, isolated = self.scopes, self.isolated
        self.scopes, self.isolated = [scope], True
        try:
            for parameter, default in macro.defaults:
                scope[parameter] = default(self)
            scope.update(given)
            return self.aside(macro.body)
        finally:
            self.scopes, self.isolated = scopes, isolated


class Owned(Mapping[str, Any]):
    """Variables whose lists are copied when they are first read.

    `sort` and `reverse` work in place, which the rest of the template sees and the caller must not.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.copies: dict[str, Any] = {}
        self.known: dict[int, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.copies:
            self.copies[name] = self.copy(self.variables[name])
        return self.copies[name]

    def __contains__(self, name: object) -> bool:
        return name in self.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def copy(self, value: Any) -> Any:
        """A deep copy of lists and maps; what is shared stays shared."""
        if not isinstance(value, list | Mapping):
            return value
        if id(value) in self.known:
            return self.known[id(value)]
        if isinstance(value, Mapping):
            copied: Any = {}
            self.known[id(value)] = copied
            copied.update((key, self.copy(value[key])) for key in value)
        else:
            copied = Array() if isinstance(value, Array) else []
            self.known[id(value)] = copied
            copied.extend(self.copy(item) for item in value)
        return copied


class Macro:
    """A compiled macro."""

    __slots__ = ("body", "defaults", "name", "parameters")

    def __init__(
        self,
        name: str,
        parameters: tuple[str, ...],
        defaults: list[tuple[str, Callable[[Rendering], Any]]],
        body: Callable[[Rendering, list[Any]], None],
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.defaults = defaults
        self.body = body


def bind(parameters: tuple[str, ...] | None, positional: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name (spec, 2.13). Surplus or unknown ones are refused; where nothing is declared they are numbered."""
    if parameters is None:
        return {**{str(place): value for place, value in enumerate(positional)}, **named}
    if len(positional) > len(parameters):
        place = len(parameters) + 1
        raise Failure(
            f"The argument at position {place} is not allowed. Only {len(parameters)} argument(s) are allowed."
        )
    for name in named:
        if name not in parameters:
            raise Failure(f"The following named argument does not exist: {name}")
    return {**dict(zip(parameters, positional, strict=False)), **named}
