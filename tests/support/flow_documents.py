"""Flows of any shape as the maps that stand in their files: all orders, all tolerances, handlers at every level."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowrun.app.flows import load
from flowrun.loading.source import Source

if TYPE_CHECKING:
    from random import Random

    from flowrun.model.flow import Flow

Document = dict[str, Any]

DEPTH = 4
IN_ORDER = ["Sequential", "If", "Switch", "ForEach", "EachSequential", "AllowFailure"]
SIDE_BY_SIDE = ["Parallel", "Dag", "ForEach", "EachParallel"]
CONDITIONS = ["true", "true", "false", "{{ taskrun.value == 'x' }}"]
VALUES = [["x"], ["x", "y"], ["x", "y", "x"], ["y", "x", "z"], []]


class Maker:
    """Makes one flow by chance. `parallel`: whether more than one task may be at work at a time."""

    def __init__(self, random: Random, *, parallel: bool) -> None:
        self.random = random
        self.parallel = parallel
        self.names = 0
        self.left = random.randint(1, 14)

    def flow(self) -> Document:
        flow: Document = {"id": "flow", "namespace": "test", "tasks": self.tasks(1, 3)}
        self.add_handlers(flow, 1)
        if self.chance(0.3):
            flow["afterExecution"] = self.tasks(2, 2)
        if self.chance(0.1):
            flow["retry"] = self.retry()
        return flow

    def chance(self, likely: float) -> bool:
        return self.random.random() < likely

    def tasks(self, depth: int, most: int) -> list[Document]:
        return [self.task(depth) for _ in range(self.random.randint(1, most))]

    def task(self, depth: int) -> Document:
        self.left -= 1
        if depth > DEPTH or self.left <= 0 or self.chance(0.45):
            return self.body()
        return self.flowable(depth)

    def new(self, package: str, name: str) -> Document:
        """A task with the properties that every task may have."""
        self.names += 1
        task: Document = {"id": f"t{self.names}", "type": f"io.kestra.plugin.core.{package}.{name}"}
        if self.chance(0.06):
            task["disabled"] = True
        if self.chance(0.12):
            task["runIf"] = self.random.choice(CONDITIONS)
        if self.chance(0.1):
            task["allowFailure"] = True
        if self.chance(0.1):
            task["allowWarning"] = True
        if self.chance(0.1):
            task["retry"] = self.retry()
        return task

    def retry(self) -> Document:
        retry: Document = {"type": "constant", "interval": "PT0.1S", "maxAttempts": self.random.randint(1, 3)}
        if self.chance(0.4):
            retry["warningOnRetry"] = True
        return retry

    def body(self) -> Document:
        """Succeeds, fails, or fails the first one or two times."""
        if self.chance(0.6):
            return {**self.new("log", "Log"), "message": "hi"}
        task = self.new("execution", "Fail")
        if self.chance(0.5):
            task["condition"] = f"{{{{ taskrun.attemptsCount < {self.random.randint(1, 2)} }}}}"
        return task

    def flowable(self, depth: int) -> Document:
        kind = self.random.choice(IN_ORDER + SIDE_BY_SIDE * self.parallel)
        task = self.new("flow", kind)
        within = depth + 1
        match kind:
            case "If":
                task |= {"condition": self.random.choice(CONDITIONS), "then": self.tasks(within, 2)}
                if self.chance(0.5):
                    task["else"] = self.tasks(within, 2)
            case "Switch":
                task |= {"value": self.random.choice(["x", "y", "{{ taskrun.value }}"])}
                task["cases"] = {"x": self.tasks(within, 2), "z": self.tasks(within, 1)}
                if self.chance(0.5):
                    task["defaults"] = self.tasks(within, 2)
            case "Dag":
                task["tasks"] = self.members(within)
            case "ForEach" | "EachSequential" | "EachParallel":
                values = self.random.choice(VALUES)
                name = "values" if kind == "ForEach" else "value"
                task |= {name: values if self.chance(0.5) else json.dumps(values), "tasks": self.tasks(within, 3)}
            case _:
                task["tasks"] = self.tasks(within, 4)
        if kind in ("Parallel", "Dag", "EachParallel"):
            task["concurrent"] = self.random.randint(0, 3)
        if kind == "ForEach":
            task["concurrencyLimit"] = self.random.randint(0, 3) if self.parallel else 1
        self.add_handlers(task, within)
        return task

    def members(self, depth: int) -> list[Document]:
        """Each with some of those before it, but for disabled ones: who depends on them never runs."""
        members: list[Document] = []
        for task in self.tasks(depth, 4):
            before = [one["task"]["id"] for one in members if not one["task"].get("disabled") and self.chance(0.4)]
            members.append({"task": task, "dependsOn": before} if before else {"task": task})
        self.random.shuffle(members)
        return members

    def add_handlers(self, around: Document, depth: int) -> None:
        for name in ("errors", "finally"):
            if self.chance(0.25):
                around[name] = self.tasks(depth + 1, 2)


def text_of(flow: Document) -> str:
    """The flow's file: JSON is YAML."""
    return json.dumps(flow, indent=1)


def loaded(flow: Document) -> Flow:
    """The flow as the engine takes it."""
    return load(Source(text_of(flow), "flow.yaml"))[0]


def fails(task: Document, attempt: int) -> bool:
    """Whether this attempt of a body fails."""
    if not task["type"].endswith(".Fail"):
        return False
    return "condition" not in task or attempt <= int(task["condition"].split("<")[1].split()[0])
