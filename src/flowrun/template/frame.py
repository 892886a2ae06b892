"""One rendering at work: which variables are visible, and the bounds that it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.template.host import Host
    from flowrun.template.nodes import Macro

MOST_STEPS: Final = 5_000_000
LONGEST_OUTPUT: Final = 50_000_000
DEEPEST_RENDER: Final = 100


class Absent(Exception):
    """A variable or attribute does not exist: what `??` catches. Offsets say where it was read."""

    def __init__(self, name: str, start: int, end: int) -> None:
        super().__init__(name)
        self.name = name
        self.start = start
        self.end = end


class Refused(Exception):
    """An operator, filter, function or tag refuses, at this place."""

    def __init__(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.hint = hint


class TooMuch(Exception):
    """A bound is reached: loops, size or depth."""


class Frame:
    """What one rendering sees and has used up. `scopes` lie over the variables, the innermost last."""

    __slots__ = ("blocks", "depth", "host", "macros", "rendering", "scopes", "steps", "variables")

    def __init__(
        self,
        variables: Mapping[str, Any],
        host: Host,
        macros: Mapping[str, tuple[Macro, Any]],
        blocks: Mapping[str, Any],
        rendering: Callable[[str, Frame], str],
        depth: int = 0,
    ) -> None:
        self.variables = variables
        self.host = host
        self.macros = macros
        self.blocks = blocks
        self.rendering = rendering
        self.depth = depth
        self.scopes: list[dict[str, Any]] = []
        self.steps = 0

    def visible(self) -> dict[str, Any]:
        """Every variable that is visible at this point."""
        seen = dict(self.variables)
        for scope in self.scopes:
            seen.update(scope)
        return seen

    def render(self, source: str) -> str:
        """Render another template with what is visible here."""
        if self.depth >= DEEPEST_RENDER:
            raise TooMuch(f"Templates render each other more than {DEEPEST_RENDER} deep")
        return self.rendering(source, self)

    def push(self, scope: dict[str, Any]) -> None:
        """Open a scope; the outermost one outlives it."""
        if not self.scopes:
            self.scopes.append({})
        self.scopes.append(scope)

    def assign(self, name: str, value: Any) -> None:
        """`set`: overwrite the variable where it exists, else create it in the innermost scope."""
        if not self.scopes:
            self.scopes.append({})
        for scope in reversed(self.scopes):
            if name in scope:
                scope[name] = value
                return
        self.scopes[0 if name in self.variables else -1][name] = value

    def step(self) -> None:
        """Count one pass of a loop."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooMuch(f"More than {MOST_STEPS} passes through loops")


def bounded(text: str) -> str:
    """A text that was put together, unless it is too long."""
    if len(text) > LONGEST_OUTPUT:
        raise Failure(f"The result is longer than {LONGEST_OUTPUT} characters")
    return text
