"""`{{ inputs.my-key }}`: behind a dot a dash is a subtraction, so such ids need brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.loading.messages import invalid_flow
from flowrun.loading.places import span_within
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, text_of
from flowrun.model.inputs import Input
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.checks import Checked
    from flowrun.loading.tree import Node

LISTS_OF_TASKS = ("tasks", "errors", "finally", "afterExecution", "listeners")


@dataclass(frozen=True, slots=True)
class Reference:
    """What is looked for: `kind` is `input` or `output`, group 1 of `pattern` the reference itself."""

    kind: str
    pattern: re.Pattern[str]


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Ids with a dash, of inputs and of tasks, that an expression names behind a dot."""
    inputs = dashed(each.get("id") for each in checked.objects if issubclass(each.cls, Input))
    tasks = dashed(each.get("id") for each in checked.objects if issubclass(each.cls, Task))
    # The server looks for exactly these two shapes; other ones fail when they are rendered.
    to_inputs = [Reference("input", re.compile(r"\{\{\s*(inputs\.(?:" + inputs + r"))\s*\}\}"))] if inputs else []
    to_outputs = [Reference("output", re.compile(r"\{\{\s*(outputs\.(?:" + tasks + r"))\.[^}]+\}\}"))] if tasks else []
    if to_inputs or to_outputs:
        yield from Search("tasks", [*to_inputs, *to_outputs], checked.text).in_tasks(checked.root)
        yield from Search("outputs", to_outputs, checked.text).in_outputs(checked.root)


def dashed(ids: Iterable[object]) -> str:
    """The ids with a dash, as the branches of a regular expression; the longest first."""
    found = {name for name in ids if isinstance(name, str) and "-" in name}
    return "|".join(re.escape(name) for name in sorted(found, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Search:
    """A walk over all values. `offending` is the server's word for what holds them: `tasks` or `outputs`."""

    offending: str
    references: list[Reference]
    text: str

    def in_tasks(self, root: Mapping) -> Iterator[Diagnostic]:
        """Everything in the flow's lists of tasks."""
        for key in LISTS_OF_TASKS:
            if (node := root.get(key)) is not None:
                yield from self.below(node, key, "")

    def in_outputs(self, root: Mapping) -> Iterator[Diagnostic]:
        """Everything in the flow's outputs."""
        outputs = root.get("outputs")
        for number, item in enumerate(outputs.items if isinstance(outputs, Sequence) else ()):
            owner = text_of(item.get("id")) if isinstance(item, Mapping) else None
            yield from self.below(item, f"outputs[{number}]", owner or "")

    def below(self, node: Node, path: str, owner: str) -> Iterator[Diagnostic]:
        """Every match below a node; `owner` is the id of the task or output that it belongs to."""
        if isinstance(node, Scalar):
            yield from self.matches(node, path, owner)
        elif isinstance(node, Sequence):
            for number, item in enumerate(node.items):
                yield from self.below(item, f"{path}[{number}]", owner)
        else:
            if self.offending == "tasks" and node.get("type") is not None:
                owner = text_of(node.get("id")) or owner
            for key, entry in node.entries.items():
                yield from self.below(entry.value, child_path(path, key), owner)

    def matches(self, node: Scalar, path: str, owner: str) -> Iterator[Diagnostic]:
        """The matches in one value."""
        for reference in self.references if "{{" in node.raw else ():
            for found in reference.pattern.finditer(node.raw):
                root, _, name = found[1].partition(".")
                kestra = (
                    f"Invalid {reference.kind} reference: use {root}[key-name] instead of {root}.key-name — "
                    f"keys with dashes require bracket notation, offending {self.offending}: [{owner}]"
                )
                span = span_within(self.text, node, found.start(1), found.end(1))
                message = f"`{found[1]}` is a subtraction: behind a dot, an id cannot have a dash"
                yield invalid_flow("dash-reference", message, span, path, kestra, hint=f"write `{root}['{name}']`")
