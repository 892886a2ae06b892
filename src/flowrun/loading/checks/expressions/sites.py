"""Which texts of a flow are templates, and whose: found by how their properties are declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.loading.plan import plan_of
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path
from flowrun.model.properties import Dynamic, Expression
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.tree import Node


@dataclass(frozen=True, slots=True)
class Site:
    """A text with a template in it. `owner` is the object with the property `name`.

    `certain`: the engine renders it; else it belongs to a type whose properties are not known.
    """

    scalar: Scalar
    path: str
    owner: Built
    name: str
    certain: bool


def sites(objects: list[Built]) -> Iterator[Site]:
    """Every template of these objects."""
    for each in objects:
        plan = plan_of(each.cls)
        for key, entry in each.node.entries.items():
            prop = plan.by_name.get(key)
            if prop is not None and any(isinstance(rule, Dynamic | Expression) for rule in prop.constraints):
                path, certain = child_path(each.path, prop.name), True
            elif prop is None and each.cls is Task:
                path, certain = child_path(each.path, key), False
            else:
                continue
            for scalar, place in templates(entry.value, path):
                yield Site(scalar, place, each, prop.name if prop else key, certain)


def templates(node: Node, path: str) -> Iterator[tuple[Scalar, str]]:
    """The texts below a node that hold templates, with their paths. Objects with a type of their own are left out."""
    if isinstance(node, Scalar):
        if "{{" in node.raw or "{%" in node.raw or "{#" in node.raw:
            yield node, path
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            yield from templates(item, f"{path}[{number}]")
    elif isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield from templates(entry.value, child_path(path, key))
