"""One call of `decide`: what has happened in it so far, and what all its parts need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.engine.evolve import evolve
from flowrun.engine.messages import CancelBody, Command
from flowrun.engine.scope import outputs_with, task_variables
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


class Turn:
    """One call of `decide`: the events and commands so far."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.run = run
        self.now = now
        self.events: list[Event] = []
        self.commands: list[Command] = []

    def unfinished(self) -> list[TaskRun]:
        """The task runs that have not ended, children before those around them."""
        return [one for one in reversed(self.run.execution.task_runs.values()) if not one.current.is_terminal]

    def blamed(self) -> TaskRun | None:
        """The task run under which the server logs what goes wrong in its engine: the last that has not ended."""
        return next(iter(self.unfinished()), None)

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

    def end_flowables(self, group: Group, state: StateType) -> None:
        """Flowables that outlive their group are stamped with its state; bodies go on (flow reference, 4.3)."""
        for task_run in list(group.unfinished.values()):
            if inner := self.run.groups.get(task_run.id):
                inner.closed = True
                self.end_flowables(inner, state)
            self.end_earlier(task_run, state)
            if not self.goes_on(task_run):
                self.stop(task_run, state)

    def goes_on(self, task_run: TaskRun) -> bool:
        """Whether a task run may end by itself, without the group that it belongs to."""
        return self.at_work(task_run) or task_run.current is StateType.RETRYING

    def end_unfinished(self, state: StateType) -> None:
        """Everything that has not ended ends in this state, and nothing begins any more."""
        for group in self.run.groups.values():
            group.closed = True
        for task_run in self.unfinished():
            self.stop(task_run, state)

    def end_earlier(self, task_run: TaskRun, state: StateType) -> None:
        """So are the children of a flowable that an earlier process began and this one does not open again."""
        for child in self.run.earlier.pop(task_run.id, ()):
            self.end_earlier(child, state)
            if not child.current.is_terminal:
                self.stop(child, state)

    def current_attempt(self, task_run_id: str, attempt: int) -> TaskRun | None:
        """The task run, if this attempt of it is still the one that counts."""
        task_run = self.run.execution.task_runs.get(task_run_id)
        if task_run is None or task_run.current is not StateType.RUNNING or len(task_run.attempts) != attempt:
            return None
        return task_run

    def touch(self, task_run: TaskRun) -> None:
        """A task run ended: its group may go on."""
        if group := self.run.group_of(task_run):
            self.run.touched.append(group)

    def variables(self, task_run: TaskRun) -> dict[str, Any]:
        return task_variables(self.run, task_run, self.run.task(task_run))

    def log(self, level: LogLevel, message: str, task_run: TaskRun | None) -> None:
        self.emit(LogWritten(self.run.log_entry(self.now, level, message, task_run)))

    def emit(self, event: Event) -> None:
        evolve(self.run, event)
        self.events.append(event)

    def enter(self, state: StateType) -> None:
        """The execution waits for a next try, or no longer does. One that has ended or is PAUSED stays so."""
        current = self.run.execution.current
        if not current.is_terminal and current is not StateType.PAUSED:
            self.emit(ExecutionStateChanged(self.now, state))


class TaskContext:
    """See `flowrun.model.task.FlowableContext`: templates are rendered as one of the task's own properties would be."""

    def __init__(self, turn: Turn, task_run: TaskRun) -> None:
        self.turn = turn
        self.task_run = task_run
        self.now = turn.now
        self.variables = turn.variables(task_run)

    def render(self, source: str, outputs: Mapping[str, Any] | None = None) -> str:
        variables = self.variables
        if outputs is not None:
            variables = {**variables, "outputs": outputs_with(self.turn.run, self.task_run, outputs)}
        return render(source, variables, self.turn.run.host)

    def log(self, level: LogLevel, message: str) -> None:
        self.turn.log(level, message, self.task_run)
