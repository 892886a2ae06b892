"""One call of `decide`: what has happened in it so far, and what all its parts need."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from flowrun.engine.evolve import evolve
from flowrun.engine.messages import CancelBody, Command
from flowrun.engine.scope import task_variables
from flowrun.model.events import AttemptEnded, Event, ExecutionStateChanged, LogWritten, TaskRunStateChanged
from flowrun.model.state import StateType
from flowrun.model.task import FlowableTask
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowrun.engine.group import Group
    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun
    from flowrun.model.log import LogLevel
    from flowrun.template import Host


class Turn:
    """One call of `decide`: the events and commands so far. `touched` are the groups that may go on."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.run = run
        self.now = now
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.touched: deque[Group] = deque()

    def unfinished(self) -> list[TaskRun]:
        """The task runs that have not ended, children before those around them."""
        return [one for one in reversed(self.run.execution.task_runs.values()) if not one.current.is_terminal]

    def at_work(self, task_run: TaskRun) -> bool:
        """Whether a body runs for it."""
        return task_run.current is StateType.RUNNING and not isinstance(self.run.task(task_run), FlowableTask)

    def end_attempt(
        self, task_run: TaskRun, attempt: StateType, state: StateType, outputs: Mapping[str, Any] | None
    ) -> None:
        self.emit(AttemptEnded(self.now, task_run.id, attempt, state, outputs))
        if state.is_terminal:
            self.touch(task_run)

    def change(self, task_run: TaskRun, state: StateType) -> None:
        self.emit(TaskRunStateChanged(self.now, task_run.id, state))
        if state.is_terminal:
            self.touch(task_run)

    def stop(self, task_run: TaskRun, state: StateType) -> None:
        """End a task run from outside, whatever it is doing."""
        if self.at_work(task_run):
            self.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
        self.emit(TaskRunStateChanged(self.now, task_run.id, state))

    def current_attempt(self, task_run_id: str, attempt: int) -> TaskRun | None:
        """The task run, if this attempt of it is still the one that counts."""
        task_run = self.run.execution.task_runs[task_run_id]
        still = task_run.current is StateType.RUNNING and len(task_run.attempts) == attempt
        return task_run if still else None

    def touch(self, task_run: TaskRun) -> None:
        """A task run ended: its group may go on."""
        if group := self.run.group_of(task_run):
            self.touched.append(group)

    def variables(self, task_run: TaskRun) -> dict[str, Any]:
        return task_variables(self.run, task_run, self.run.task(task_run))

    def log(self, level: LogLevel, message: str, task_run: TaskRun | None) -> None:
        self.emit(LogWritten(self.run.log_entry(self.now, level, message, task_run)))

    def emit(self, event: Event) -> None:
        evolve(self.run, event)
        self.events.append(event)

    def enter(self, state: StateType) -> None:
        """The execution waits for a next try, or no longer does. One that has ended stays so: `afterExecution` runs."""
        if not self.run.execution.current.is_terminal:
            self.emit(ExecutionStateChanged(self.now, state))


class TaskContext:
    """What a flowable may ask: its templates, rendered as one of its own properties would be."""

    def __init__(self, variables: Mapping[str, Any], host: Host | None) -> None:
        self.variables = variables
        self.host = host

    def render(self, source: str) -> str:
        return render(source, self.variables, self.host)
