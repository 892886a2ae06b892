"""The state of one rendering: scopes, output, limits. Closures made by `compiler` read and change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from flowrun.template.callables import Failure, Missing
from flowrun.template.limits import DEEPEST_RENDER, MOST_STEPS, LimitReached
from flowrun.template.values import Array, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.template.compiler import Program
    from flowrun.template.host import Host

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
        show: Callable[[Any], Any],
        depth: int = 0,
    ) -> None:
        self.program = program
        self.variables: Mapping[str, Any] = Owned(variables) if program.changes_values else variables
        self.host = host
        self.show = show
        self.scopes: list[MutableMapping[str, Any]] = [{}]
        self.isolated = False
        self.depth = depth
        self.size = 0
        self.steps = 0

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
        """Count passes through loops."""
        self.steps += count
        if self.steps > MOST_STEPS:
            raise LimitReached(f"The template loops more than {MOST_STEPS} times")

    def aside(self, execute: Callable[[Rendering, list[Any]], None]) -> str:
        """The output of a body whose values are written as Java's text, not as JSON."""
        show, self.show = self.show, to_text
        try:
            out: list[Any] = []
            execute(self, out)
            return "".join(out)
        finally:
            self.show = show

    # --- for functions

    def render(self, source: str) -> str:
        """Render another template at this point."""
        from flowrun.template.api import compile as compile_template

        if self.depth >= DEEPEST_RENDER:
            raise LimitReached(f"render() is nested more than {DEEPEST_RENDER} deep")
        return compile_template(source).render(self.visible(), self.host, depth=self.depth + 1)

    def block(self, name: str) -> str:
        """The output of a block."""
        body = self.program.blocks.get(name)
        return "" if body is None else self.aside(body)

    def macro(self, name: str, positional: list[Any], named: dict[str, Any]) -> str:
        """Call a macro: it sees its parameters only."""
        macro = self.program.macros[name]
        scope = macro.bind(positional, named)
        scopes, isolated = self.scopes, self.isolated
        self.scopes, self.isolated = [scope], True
        try:
            for parameter, default in macro.defaults:
                if parameter not in scope:
                    scope[parameter] = default(self)
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

    def bind(self, positional: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name; parameters without an argument or default are null."""
        scope = bind(self.parameters, positional, named)
        defaulted = {name for name, _ in self.defaults}
        for name in self.parameters:
            if name not in scope and name not in defaulted:
                scope[name] = None
        return scope


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
