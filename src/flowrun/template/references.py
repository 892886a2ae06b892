"""Which variables a template reads: found in its nodes, without rendering it."""

from __future__ import annotations

from typing import Any

from flowrun.template import nodes
from flowrun.template.api import Reference
from flowrun.template.failures import place

ALWAYS_THERE = frozenset({"loop", "locale", "template", "_context"})


def references(source: str, parsed: nodes.Parsed) -> list[Reference]:
    """The reads of variables that the template does not make itself, in their order in the text."""
    finder = Finder(source)
    finder.statements(parsed.body, guarded=False)
    return sorted(finder.found, key=lambda one: (one.span.line, one.span.column))


class Finder:
    """Walks over statements and expressions; `own` are the names that the template gives values to."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.own: set[str] = set(ALWAYS_THERE)
        self.found: list[Reference] = []

    def statements(self, body: tuple[Any, ...], *, guarded: bool) -> None:
        for node in body:
            self.statement(node, guarded=guarded)

    def statement(self, node: Any, *, guarded: bool) -> None:
        match node:
            case nodes.Print():
                self.expression(node.expression, guarded=guarded)
            case nodes.If():
                self.branches(node, guarded=guarded)
            case nodes.For():
                self.expression(node.iterable, guarded=guarded)
                self.inner(node.body, {node.variable})
                self.inner(node.otherwise, set())
            case nodes.Set():
                self.expression(node.value, guarded=guarded)
                self.own.add(node.name)
            case nodes.Macro():
                # Outer variables are never visible in a macro, so none of its names is one of theirs.
                return
            case nodes.FilterTag():
                for step in node.filters:
                    self.arguments(step, guarded=guarded)
                self.statements(node.body, guarded=guarded)
            case nodes.Block():
                self.statements(node.body, guarded=guarded)

    def branches(self, node: nodes.If, *, guarded: bool) -> None:
        for number, (condition, body) in enumerate(node.branches):
            self.expression(condition, guarded=guarded or number > 0)
            self.statements(body, guarded=True)
        self.statements(node.otherwise, guarded=True)

    def inner(self, body: tuple[Any, ...], names: set[str]) -> None:
        """A body that may not be reached, with names of its own."""
        before = set(self.own)
        self.own |= names
        self.statements(body, guarded=True)
        self.own = before

    def expression(self, node: Any, *, guarded: bool) -> None:
        match node:
            case nodes.Name():
                self.add((node.name,), node.start, node.end, guarded=guarded)
            case nodes.Attribute():
                self.attribute(node, guarded=guarded)
            case nodes.Binary(operator="??" | "???"):
                self.expression(node.left, guarded=True)
                self.expression(node.right, guarded=True)
            case nodes.Binary(operator="and" | "or"):
                self.expression(node.left, guarded=guarded)
                self.expression(node.right, guarded=True)
            case nodes.Binary():
                self.expression(node.left, guarded=guarded)
                self.expression(node.right, guarded=guarded)
            case nodes.Ternary():
                self.expression(node.condition, guarded=guarded)
                self.expression(node.then, guarded=True)
                self.expression(node.otherwise, guarded=True)
            case nodes.Filtered():
                self.arguments(node, guarded=guarded)
                self.expression(node.operand, guarded=guarded or node.name == "default")
            case nodes.Test():
                self.expression(node.operand, guarded=guarded or node.name == "defined")
            case nodes.Unary():
                self.expression(node.operand, guarded=guarded)
            case nodes.Call():
                self.arguments(node, guarded=guarded)
            case nodes.Interpolation():
                self.all(node.parts, guarded=guarded)
            case nodes.ListLiteral():
                self.all(node.items, guarded=guarded)
            case nodes.MapLiteral():
                for pair in node.items:
                    self.all(pair, guarded=guarded)

    def all(self, expressions: tuple[Any, ...], *, guarded: bool) -> None:
        for node in expressions:
            self.expression(node, guarded=guarded)

    def arguments(self, node: Any, *, guarded: bool) -> None:
        self.all(node.positional, guarded=guarded)
        self.all(tuple(value for _, value in node.named), guarded=guarded)

    def attribute(self, node: nodes.Attribute, *, guarded: bool) -> None:
        """The longest path from the variable that is made of constants; the rest is walked over by itself."""
        path: list[str | int] = []
        step: Any = node
        while isinstance(step, nodes.Attribute):
            subscript = step.subscript
            if step.arguments is not None:
                self.all(step.arguments, guarded=guarded)
                path = []
            elif isinstance(subscript, nodes.Literal) and isinstance(subscript.value, str | int):
                path.append(subscript.value)
            else:
                self.expression(subscript, guarded=guarded)
                path = []
            step = step.operand
        if isinstance(step, nodes.Name):
            self.add((step.name, *reversed(path)), step.start, node.end, guarded=guarded)
        else:
            self.expression(step, guarded=guarded)

    def add(self, path: tuple[str | int, ...], start: int, end: int, *, guarded: bool) -> None:
        if path[0] not in self.own:
            self.found.append(Reference(path, place(self.source, start, end), guarded))
