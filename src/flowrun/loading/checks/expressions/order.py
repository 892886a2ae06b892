"""Where each task stands in the flow, and whether another one can have run before it (flow reference, chapter 5)."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING

from flowrun.loading.tree import Mapping, Scalar, Sequence, text_of
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.tree import Node

FLOW = "io.kestra.plugin.core.flow."
LOOPS = frozenset(FLOW + name for name in ("ForEach", "EachSequential", "EachParallel"))
"""Loops whose children have a `taskrun.value`."""
REPEATING = LOOPS | {FLOW + "LoopUntil"}
SIDE_BY_SIDE = frozenset(FLOW + name for name in ("Parallel", "EachParallel"))
DAG = FLOW + "Dag"
BRANCHES = frozenset({"then", "else", "cases", "defaults"})
WHEN = {"onPause": 0, "errors": 2, "finally": 3, "listeners": 4, "afterExecution": 5}
"""The order of a group's lists; every other list is 1, its main work."""


class Order(Enum):
    """Whether a task has run when another one is rendered."""

    BEFORE = auto()
    ENCLOSING = auto()
    """It is around the other one, and still at work."""
    INSIDE = auto()
    """It is a part of the other one."""
    SIDE_BY_SIDE = auto()
    """Neither waits for the other."""
    AFTER = auto()
    EXCLUDED = auto()
    """It is in the other branch."""
    AFTER_FAILURE = auto()
    """It belongs to the main work, and the other one is an error handler or the like: the work may have stopped early."""


@dataclass(eq=False)
class Place:
    """A task in the flow. `slot`: the list of its parent that it is in; `number`: its place in there."""

    built: Built
    parent: Place | None
    slot: str
    branch: str
    number: int
    chain: tuple[Place, ...] = field(init=False)
    """From the outermost ancestor down to the task itself."""

    def __post_init__(self) -> None:
        self.chain = (*(self.parent.chain if self.parent else ()), self)

    @property
    def id(self) -> str:
        return text_of(self.built.node.get("id")) or ""

    @property
    def type(self) -> str:
        return self.built.type

    @cached_property
    def values(self) -> list[str] | None:
        """The values of a loop that are written down; None where they are computed."""
        return literal_values(self.built.node.get("values") or self.built.node.get("value"))

    @cached_property
    def needs(self) -> dict[str, list[str]]:
        """What each member of a Dag waits for."""
        return dict(dependencies(self))

    @property
    def in_loop(self) -> bool:
        """Whether its task runs have a value: they are the direct children of a loop."""
        return self.parent is not None and self.parent.type in LOOPS and self.slot == "tasks"

    @property
    def loops(self) -> tuple[Place, ...]:
        """The loops that it is in, outermost first: its outputs have one key for each."""
        return tuple(one.parent for one in self.chain if one.in_loop and one.parent is not None)


def places_of(root: Mapping, objects: list[Built]) -> list[Place]:
    """Every task below the flow (or a part of it), in the order of the file."""
    by_node = {id(one.node): one for one in objects if issubclass(one.cls, Task)}
    found: list[Place] = []

    def walk(node: Node, parent: Place | None, slot: str, branch: str, number: int) -> None:
        if isinstance(node, Scalar):
            return
        if isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                walk(item, parent, slot, branch, index if number < 0 else number)
            return
        built = by_node.get(id(node))
        if built is not None:
            parent = Place(built, parent, slot, branch, max(number, 0))
            found.append(parent)
            slot, number = "", -1
        for key, entry in node.entries.items():
            walk(entry.value, parent, slot or key, f"{branch}.{key}" if slot else key, number)

    for key, entry in root.entries.items():
        walk(entry.value, None, key, key, -1)
    return found


def order(target: Place, user: Place) -> tuple[Order, int]:
    """Whether `target` has run when `user` is rendered, and how many ancestors they share."""
    shared = 0
    for one, other in zip(target.chain, user.chain, strict=False):
        if one is not other:
            break
        shared += 1
    if shared == len(target.chain):
        return (Order.AFTER if target is user else Order.ENCLOSING), shared
    if shared == len(user.chain):
        return Order.INSIDE, shared
    return between(target.chain[shared], user.chain[shared]), shared


def between(target: Place, user: Place) -> Order:
    """The order of two tasks with the same parent."""
    first, second = WHEN.get(target.slot, 1), WHEN.get(user.slot, 1)
    if first != second:
        if first > second:
            return Order.AFTER
        return Order.AFTER_FAILURE if second > 1 else Order.BEFORE
    if target.branch != user.branch:
        return Order.EXCLUDED
    kind = target.parent.type if target.parent is not None and target.slot == "tasks" else ""
    if kind in SIDE_BY_SIDE and target.parent is not None and not one_at_a_time(target.parent):
        return Order.SIDE_BY_SIDE
    if kind == DAG:
        return order_in_dag(target, user)
    return Order.BEFORE if target.number < user.number else Order.AFTER


def one_at_a_time(parent: Place) -> bool:
    """Whether a Parallel lets its children run one after the other."""
    return parent.type == FLOW + "Parallel" and text_of(parent.built.node.get("concurrent")) == "1"


def order_in_dag(target: Place, user: Place) -> Order:
    assert target.parent is not None
    needs = target.parent.needs
    if waits_for(user.id, target.id, needs):
        return Order.BEFORE
    return Order.AFTER if waits_for(target.id, user.id, needs) else Order.SIDE_BY_SIDE


def dependencies(dag: Place) -> Iterator[tuple[str, list[str]]]:
    """What each member of a Dag waits for."""
    members = dag.built.node.get("tasks")
    for member in members.items if isinstance(members, Sequence) else ():
        task = member.get("task") if isinstance(member, Mapping) else None
        if isinstance(member, Mapping) and isinstance(task, Mapping):
            listed = member.get("dependsOn")
            names = [text_of(one) or "" for one in listed.items] if isinstance(listed, Sequence) else []
            yield text_of(task.get("id")) or "", names


def waits_for(name: str, other: str, needs: dict[str, list[str]]) -> bool:
    """Whether a member waits for another one, at whatever distance; the near ones are looked at first."""
    found = {name}
    pending = deque([name])
    while pending:
        for one in needs.get(pending.popleft(), ()):
            if one == other:
                return True
            if one not in found:
                found.add(one)
                pending.append(one)
    return False


def literal_values(node: Node | None) -> list[str] | None:
    """The values of a list, or of the JSON text of one; None where a template makes them."""
    if isinstance(node, Scalar):
        try:
            values = json.loads(node.raw)
        except (ValueError, RecursionError):
            return None
        return (
            [one if isinstance(one, str) else json.dumps(one) for one in values] if isinstance(values, list) else None
        )
    if isinstance(node, Sequence):
        texts = [text_of(one) for one in node.items]
        return None if any(one is None or "{" in one for one in texts) else [one for one in texts if one is not None]
    return None
