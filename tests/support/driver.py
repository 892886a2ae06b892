"""Drives the engine by hand: bodies end when the test says so, in the order that it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from flowrun.engine.decide import decide
from flowrun.engine.messages import (
    AwaitSlot,
    Begin,
    BodyFailed,
    BodyKilled,
    BodySucceeded,
    CancelBody,
    Restart,
    RunBody,
    StartTimer,
    TimerFired,
)
from flowrun.engine.replay import go_back
from flowrun.engine.restart import plan_restart, plan_states, restore
from flowrun.engine.start import replay, start
from flowrun.model.flow import Flow
from flowrun.model.task import RunnableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowrun.engine.messages import Command, Message
    from flowrun.engine.run import Run
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, Mock, PlannedFailure
    from flowrun.model.state import StateType


@dataclass(frozen=True, kw_only=True)
class Body(RunnableTask):
    """A task whose body does nothing: the test answers for it."""


def body(name: str, **properties: Any) -> Body:
    return Body(id=name, type="test.Body", **properties)


def flow(*tasks: Task, **properties: Any) -> Flow:
    return Flow(id="flow", namespace="test", tasks=list(tasks), **properties)


def reverse(text: str) -> str:
    """A seal that tests can read; it opens what it sealed."""
    return text[::-1]


class Driver:
    """One execution. `running` holds the bodies that were handed over, by task id, in that order.

    `cancelled` holds those that were told to end and have not. `blocked`: how many executions hold the
    slots that the flow allows; None when one is free.
    """

    def __init__(
        self,
        flow: Flow,
        inputs: Mapping[str, Any] | None = None,
        blocked: int | None = None,
        *,
        planned: Mapping[str, PlannedFailure | Mock] | None = None,
        until: str | None = None,
    ) -> None:
        self.prepare()
        self.begin(flow, inputs, planned=planned, until=until)
        self.send(Begin(blocked))

    def begin(self, flow: Flow, inputs: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Create the execution."""
        start_now = partial(start, now=self.now, new_id=self.new_id, random=lambda: 0.5, envs={}, seal=reverse)
        self.run, self.events = start_now(flow, inputs or {}, {}, **more)

    def prepare(self) -> None:
        ids: Iterator[int] = count(1)
        self.new_id = lambda: f"id{next(ids)}"
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.running: dict[str, RunBody] = {}
        self.cancelled: dict[str, RunBody] = {}
        self.timers: list[StartTimer] = []
        self.awaits_slot = False
        self.run: Run
        self.events: list[Event]

    @classmethod
    def taken_up(cls, flow: Flow, execution: Execution) -> Driver:
        """An execution as another process left it; nothing has been done with it yet."""
        self = cls.__new__(cls)
        self.prepare()
        ids = count(len(execution.task_runs) + 1)
        self.new_id = lambda: f"again{next(ids)}"
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.run = restore(flow, execution, [], new_id=self.new_id, random=lambda: 0.5, envs={}, unseal=reverse)
        self.events = []
        return self

    @classmethod
    def restarted(
        cls,
        flow: Flow,
        execution: Execution,
        blocked: int | None = None,
        states: Mapping[str, StateType] | None = None,
    ) -> Driver:
        """Go on with an execution as another process left it, with `states` set. Raises `StartRefused`."""
        plan = plan_states(flow, execution, states) if states else plan_restart(flow, execution)
        self = cls.taken_up(flow, execution)
        self.send(Restart(plan, blocked))
        return self

    @classmethod
    def replayed(cls, flow: Flow, execution: Execution, task_id: str, task_run_id: str) -> Driver:
        """A new execution that begins with a task run of another one. Raises `StartRefused`."""
        self = cls.taken_up(flow, execution)
        self.run, self.events = replay(flow, self.run, now=self.now, attempt=1)
        go_back(self.run, execution, task_id, task_run_id, now=self.now)
        self.send(Begin())
        return self

    @classmethod
    def begun(cls, flow: Flow, execution: Execution, task_id: str, until: str | None = None) -> Driver:
        """A new execution that begins with a task, after the work of another one. Raises `StartRefused`."""
        self = cls.__new__(cls)
        self.prepare()
        ids = count(1)
        self.new_id = lambda: f"part{next(ids)}"
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.begin(flow, until=until)
        go_back(self.run, execution, task_id, now=self.now)
        self.send(Begin())
        return self

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
                key = self.key(command.task_run_id)
                running = self.running.get(
                    key, RunBody(command.task_run_id, command.attempt)
                )  # else it is gone already
                if running.attempt == command.attempt:
                    self.running.pop(key, None)
                    self.cancelled[key] = running
            case AwaitSlot():
                self.awaits_slot = True

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

    def gone(self, key: str) -> None:
        """A cancelled body has ended."""
        command = self.cancelled.pop(key)
        self.send(BodyKilled(command.task_run_id, command.attempt))

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
