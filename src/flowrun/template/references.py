"""Which variables a template reads: found in its nodes, without rendering it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from flowrun.template import nodes
from flowrun.template.api import Reference
from flowrun.template.failures import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALWAYS_THERE: Final = frozenset({"locale", "template", "_context"})
FAILS_BY_ITSELF: Final = frozenset({"+", "-", "*", "/", "%", "==", "!=", "equals", "<", "<=", ">", ">="})
"""Operators that make a failure of their own of a missing operand, which `??` does not catch."""


def references(source: str, parsed: nodes.Parsed) -> list[Reference]:
    """The reads of variables that the template does not make itself, in their order in the text.

    What a text holds that `render()` is given is not looked into.
    """
    finder = Finder(source)
    finder.statements(parsed.body)
    return sorted(finder.found, key=lambda one: (one.span.line, one.span.column))


class Finder:
    """Walks over statements and expressions.

    `own` are the names that have a value of the template's at this point, `perhaps` those that got one in a branch.
    `optional`: this point may not be reached. An argument `caught` says that a missing variable does no harm.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.own: set[str] = set(ALWAYS_THERE)
        self.perhaps: set[str] = set()
        self.optional = False
        self.found: list[Reference] = []

    # --- statements

    def statements(self, body: Iterable[Any]) -> None:
        for node in body:
            self.statement(node)

    def statement(self, node: Any) -> None:
        match node:
            case nodes.Print():
                self.expression(node.expression)
            case nodes.If():
                self.branches(node)
            case nodes.For():
                self.expression(node.iterable)
                self.branch(node.body, node.variable, "loop")
                self.branch(node.otherwise)
            case nodes.Set():
                self.expression(node.value)
                self.own.add(node.name)
            case nodes.FilterTag():
                for step in node.filters:
                    self.arguments(step, caught=False)
                self.statements(node.body)
            case nodes.Block():
                self.statements(node.body)
            # A macro sees none of the outer variables, so none of its names is one of theirs.

    def branches(self, node: nodes.If) -> None:
        (first, body), *others = node.branches
        self.expression(first)
        self.branch(body)
        with self.maybe():
            for condition, body in others:
                self.expression(condition)
                self.branch(body)
        self.branch(node.otherwise)

    def branch(self, body: Iterable[Any], *names: str) -> None:
        """A body that may not be reached, with names of its own. What it sets may be there later."""
        before = set(self.own)
        self.own.update(names)
        with self.maybe():
            self.statements(body)
        self.perhaps |= self.own - before - set(names)
        self.own = before

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """For what may not be reached."""
        before, self.optional = self.optional, True
        yield
        self.optional = before

    # --- expressions

    def expression(self, node: Any, *, caught: bool = False) -> None:
        match node:
            case nodes.Name():
                self.add(node.name, (), node.start, node.end, caught=caught)
            case nodes.Attribute():
                self.attribute(node, caught=caught)
            case nodes.Binary(operator="??" | "???"):
                self.expression(node.left, caught=True)
                self.perhaps_expression(node.right, caught=caught)
            case nodes.Binary(operator="and" | "or"):
                self.expression(node.left, caught=caught)
                self.perhaps_expression(node.right, caught=caught)
            case nodes.Binary():
                through = caught and node.operator not in FAILS_BY_ITSELF
                self.all((node.left, node.right), caught=through)
            case nodes.Ternary():
                self.expression(node.condition, caught=caught)
                self.perhaps_expression(node.then, caught=caught)
                self.perhaps_expression(node.otherwise, caught=caught)
            case nodes.Filtered():
                self.arguments(node, caught=caught)
                self.expression(node.operand, caught=caught or node.name == "default")
            case nodes.Test():
                self.expression(node.operand, caught=caught or node.name == "defined")
            case nodes.Unary():
                self.expression(node.operand, caught=caught)
            case nodes.Call():
                self.arguments(node, caught=caught)
            case nodes.Interpolation():
                self.all(node.parts, caught=caught)
            case nodes.ListLiteral():
                self.all(node.items, caught=caught)
            case nodes.MapLiteral():
                for pair in node.items:
                    self.all(pair, caught=caught)

    def perhaps_expression(self, node: Any, *, caught: bool) -> None:
        """One that may not be evaluated."""
        with self.maybe():
            self.expression(node, caught=caught)

    def all(self, expressions: Iterable[Any], *, caught: bool) -> None:
        for node in expressions:
            self.expression(node, caught=caught)

    def arguments(self, node: Any, *, caught: bool) -> None:
        self.all(node.positional, caught=caught)
        self.all((value for _, value in node.named), caught=caught)

    def attribute(self, node: nodes.Attribute, *, caught: bool) -> None:
        """The path from the variable, a step that is computed being None; what computes it is walked over by itself."""
        path: list[str | int | None] = []
        step: Any = node
        while isinstance(step, nodes.Attribute):
            key = step.subscript.value if isinstance(step.subscript, nodes.Literal) else None
            if step.arguments is not None:
                self.all(step.arguments, caught=caught)
                path = []
            elif isinstance(key, str | int) and not isinstance(key, bool):
                path.append(key)
            else:
                self.expression(step.subscript, caught=caught)
                path.append(None)
            step = step.operand
        if isinstance(step, nodes.Name):
            self.add(step.name, (*reversed(path),), step.start, self.end_of(node), caught=caught)
        else:
            self.expression(step, caught=caught)

    def end_of(self, node: nodes.Attribute) -> int:
        """Where a path ends: behind the bracket where it ends with one."""
        behind_dot = isinstance(node.subscript, nodes.Literal) and self.source[node.start] not in "'\"0123456789"
        return node.end if behind_dot else node.end + 1

    def add(self, name: str, steps: tuple[str | int | None, ...], start: int, end: int, *, caught: bool) -> None:
        if name not in self.own:
            guarded = caught or self.optional or name in self.perhaps
            self.found.append(Reference((name, *steps), place(self.source, start, end), guarded))
