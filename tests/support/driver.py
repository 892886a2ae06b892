"""Drives the engine by hand: bodies end when the test says so, in the order that it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from flowrun.engine.decide import decide
from flowrun.engine.messages import Begin, BodyFailed, BodySucceeded, CancelBody, RunBody, StartTimer, TimerFired
from flowrun.engine.start import start
from flowrun.model.flow import Flow
from flowrun.model.task import RunnableTask, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.engine.messages import Command, Message
    from flowrun.model.events import Event


@dataclass(frozen=True, kw_only=True)
class Body(RunnableTask):
    """A task whose body does nothing: the test answers for it."""


def body(name: str, **properties: Any) -> Body:
    return Body(id=name, type="test.Body", **properties)


def flow(*tasks: Task, **properties: Any) -> Flow:
    return Flow(id="flow", namespace="test", tasks=list(tasks), **properties)


class Driver:
    """One execution. `running` holds the bodies that were handed over, by task id, in that order."""

    def __init__(self, flow: Flow, inputs: Mapping[str, Any] | None = None) -> None:
        ids = count(1)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.running: dict[str, RunBody] = {}
        self.timers: list[StartTimer] = []
        self.run, self.events = start(
            flow,
            inputs or {},
            {},
            now=self.now,
            new_id=lambda: f"id{next(ids)}",
            random=lambda: 0.5,
            envs={},
            seal=lambda text: text[::-1],
        )
        self.send(Begin())

    def send(self, message: Message) -> list[Event]:
        events, commands = decide(self.run, message, self.now)
        self.events += events
        for command in commands:
            self.obey(command)
        return events

    def obey(self, command: Command) -> None:
        match command:
            case RunBody():
                self.running[self.key(command.task_run_id)] = command
            case StartTimer():
                self.timers.append(command)
            case CancelBody():
                self.running.pop(self.key(command.task_run_id), None)

    def key(self, task_run_id: str) -> str:
        """The task's id, in loops with the values around it: `a[x][1]`."""
        values = self.run.values.get(task_run_id, ())
        return self.run.execution.task_runs[task_run_id].task_id + "".join(f"[{value}]" for value in values)

    def succeed(self, key: str, outputs: Mapping[str, Any] | None = None) -> None:
        command = self.running.pop(key)
        self.send(BodySucceeded(command.task_run_id, command.attempt, outputs))

    def fail(self, key: str, message: str = "broken") -> None:
        command = self.running.pop(key)
        self.send(BodyFailed(command.task_run_id, command.attempt, message))

    def wait(self) -> None:
        """Let the earliest timer fire."""
        self.timers.sort(key=lambda timer: timer.at)
        timer = self.timers.pop(0)
        self.now = max(self.now, timer.at) + timedelta(microseconds=1)
        self.send(TimerFired(timer.timer))

    def states(self) -> dict[str, str]:
        """The state of every task run, by task id (and value)."""
        return {self.key(one.id): one.current.value for one in self.run.execution.task_runs.values()}

    @property
    def state(self) -> str:
        return self.run.execution.current.value
