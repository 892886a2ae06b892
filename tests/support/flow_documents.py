"""Flows of any shape as the maps that stand in their files: all orders, all tolerances, handlers at every level."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.app.flows import load
from flowrun.loading.source import Source
from flowrun.tasks.execution.fail import Fail

if TYPE_CHECKING:
    from random import Random

    from flowrun.model.flow import Flow
    from flowrun.model.task import Task

Document = dict[str, Any]

DEPTH = 4
IN_ORDER = ["Sequential", "If", "Switch", "ForEach", "EachSequential", "AllowFailure"]
SIDE_BY_SIDE = ["Parallel", "Dag", "ForEach", "EachParallel"]
VALUES = [["x"], ["x", "y"], ["x", "y", "x"], ["y", "x", "z"], []]


@dataclass(frozen=True)
class Around:
    """Where a task stands: how deep, and whether its run has a loop's value."""

    depth: int = 1
    valued: bool = False

    def inner(self, *, valued: bool = False) -> Around:
        return Around(self.depth + 1, valued)


class Maker:
    """Makes one flow by chance. `parallel`: whether more than one task may be at work at a time. `steady`: whether
    every attempt of a task ends alike.

    With `parallel` nothing fails at the moment when it is created: whether what stands beside it is
    created first is settled by no rule.
    """

    def __init__(self, random: Random, *, parallel: bool, steady: bool = False) -> None:
        self.random = random
        self.parallel = parallel
        self.steady = steady
        self.names = 0
        self.left = random.randint(1, 14)

    def flow(self) -> Document:
        top = Around()
        flow: Document = {"id": "flow", "namespace": "test", "tasks": self.tasks(top, 3)}
        self.add_handlers(flow, top)
        if self.chance(0.3):
            flow["afterExecution"] = self.tasks(top.inner(), 2)
        if self.chance(0.1):
            flow["retry"] = self.retry()
        return flow

    def chance(self, likely: float) -> bool:
        return self.random.random() < likely

    def tasks(self, around: Around, most: int) -> list[Document]:
        return [self.task(around) for _ in range(self.random.randint(1, most))]

    def task(self, around: Around) -> Document:
        self.left -= 1
        if around.depth > DEPTH or self.left <= 0 or self.chance(0.45):
            return self.body(around)
        return self.flowable(around)

    def new(self, package: str, name: str, around: Around) -> Document:
        """A task with the properties that every task may have."""
        self.names += 1
        task: Document = {"id": f"t{self.names}", "type": f"io.kestra.plugin.core.{package}.{name}"}
        if self.chance(0.06):
            task["disabled"] = True
        if self.chance(0.12):
            task["runIf"] = self.condition(around)
        if self.chance(0.1):
            task["allowFailure"] = True
        if self.chance(0.1):
            task["allowWarning"] = True
        return task

    def condition(self, around: Around) -> str:
        """One that looks at the loop's value cannot be rendered where there is none."""
        known = around.valued or not self.parallel
        return self.random.choice(["true", "true", "false", *(["{{ taskrun.value == 'x' }}"] * known)])

    def retry(self) -> Document:
        return {"type": "constant", "interval": "PT0.1S", "maxAttempts": self.random.randint(1, 3)}

    def body(self, around: Around) -> Document:
        """Succeeds, fails, or fails the first one or two times."""
        if self.chance(0.6):
            task = {**self.new("log", "Log", around), "message": "hi"}
        else:
            task = self.new("execution", "Fail", around)
            if self.chance(0.5) and not self.steady:
                task["condition"] = f"{{{{ taskrun.attemptsCount < {self.random.randint(1, 2)} }}}}"
        if self.chance(0.2):
            task["retry"] = {**self.retry(), "warningOnRetry": self.chance(0.4) and not self.steady}
        if self.chance(0.1) and not self.steady:
            task["timeout"] = "PT1H"
        return task

    def flowable(self, around: Around) -> Document:
        kind = self.random.choice(IN_ORDER + SIDE_BY_SIDE * self.parallel)
        task = self.new("flow", kind, around)
        inner = around.inner()
        match kind:
            case "If":
                task |= {"condition": self.condition(around), "then": self.tasks(inner, 2)}
                if self.chance(0.5):
                    task["else"] = self.tasks(inner, 2)
            case "Switch":
                self.add_cases(task, around)
            case "Dag":
                task["tasks"] = self.members(inner)
            case "ForEach" | "EachSequential" | "EachParallel":
                values = self.random.choice(VALUES)
                name = "values" if kind == "ForEach" else "value"
                inner = around.inner(valued=True)
                task |= {name: values if self.chance(0.5) else json.dumps(values), "tasks": self.tasks(inner, 3)}
            case _:
                task["tasks"] = self.tasks(inner, 4)
        if kind in ("Parallel", "EachParallel", "Dag"):
            task["concurrent"] = self.random.randint(0, 3)
        if kind == "ForEach":
            task["concurrencyLimit"] = self.random.randint(0, 3) if self.parallel else 1
        if self.chance(0.1):
            task["retry"] = {**self.retry(), "warningOnRetry": self.chance(0.4)}
        self.add_handlers(task, around)
        return task

    def add_cases(self, task: Document, around: Around) -> None:
        known = around.valued or not self.parallel
        task["value"] = self.random.choice(["x", "y", *(["{{ taskrun.value }}"] * known)])
        task["cases"] = {"x": self.tasks(around.inner(), 2), "z": self.tasks(around.inner(), 1)}
        if self.parallel or self.chance(0.5):
            task["defaults"] = self.tasks(around.inner(), 2)

    def members(self, inner: Around) -> list[Document]:
        """Each with some of those before it, but for disabled ones: who depends on them never runs."""
        members: list[Document] = []
        for task in self.tasks(inner, 4):
            before = [one["task"]["id"] for one in members if not one["task"].get("disabled") and self.chance(0.4)]
            members.append({"task": task, "dependsOn": before} if before else {"task": task})
        self.random.shuffle(members)
        return members

    def add_handlers(self, task: Document, around: Around) -> None:
        for name in ("errors", "finally"):
            if self.chance(0.25):
                task[name] = self.tasks(around.inner(), 2)


def text_of(flow: Document) -> str:
    """The flow's file: JSON is YAML."""
    return json.dumps(flow, indent=1)


def loaded(flow: Document) -> Flow:
    """The flow as the engine takes it."""
    return load(Source(text_of(flow), "flow.yaml"))[0]


def fails(task: Task, attempt: int) -> bool:
    """Whether this attempt of a body fails."""
    if not isinstance(task, Fail):
        return False
    return task.condition is None or attempt <= int(task.condition.split("<")[1].split()[0])
