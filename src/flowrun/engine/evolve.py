"""Fold events into an execution: the only place that changes one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowrun.errors import FlowrunError
from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    AttemptWithdrawn,
    Event,
    ExecutionCreated,
    ExecutionOutputsSet,
    ExecutionRestarted,
    ExecutionStateChanged,
    LabelsSet,
    LogWritten,
    PassStarted,
    TaskRunCreated,
    TaskRunOutputsSet,
    TaskRunStateChanged,
    VariablesSet,
)
from flowrun.model.execution import ENCRYPTED, Attempt
from flowrun.model.log import LogLevel
from flowrun.model.state import TERMINAL, State, StateType
from flowrun.model.task import RepeatedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun


def evolve(run: Run, event: Event) -> None:
    """Fold one event into the run's execution and into what templates see of it."""
    FOLDS[type(event)](run, event)


def execution_created(run: Run, event: ExecutionCreated) -> None:
    run.execution = event.execution


def execution_restarted(run: Run, event: ExecutionRestarted) -> None:
    run.execution = event.execution
    for task_run_id in event.removed:
        run.execution.task_runs.pop(task_run_id, None)


def execution_state_changed(run: Run, event: ExecutionStateChanged) -> None:
    run.execution.state.change(event.state, event.at)


def execution_outputs_set(run: Run, event: ExecutionOutputsSet) -> None:
    run.execution.outputs = dict(event.outputs)


def labels_set(run: Run, event: LabelsSet) -> None:
    run.execution.labels = dict(event.labels)


def variables_set(run: Run, event: VariablesSet) -> None:
    run.execution.variables = dict(event.variables)


def task_run_created(run: Run, event: TaskRunCreated) -> None:
    task_run = event.task_run
    run.execution.task_runs[task_run.id] = task_run
    place(run, task_run, event.branch)
    show_state(run, task_run)
    if group := run.group_of(task_run):
        group.created(task_run)


def place(run: Run, task_run: TaskRun, branch: str) -> None:
    """Remember the list, the loop values and the pass that a task run belongs to."""
    run.branches[task_run.id] = branch
    if isinstance(run.task(task_run), RepeatedTask):
        run.passes[task_run.id] = []
    if task_run.parent_id is not None and run.passes:
        place_in_pass(run, task_run, task_run.parent_id)
    outer = run.values.get(task_run.parent_id, ()) if task_run.parent_id else ()
    if values := outer if task_run.value is None else (*outer, task_run.value):
        run.values[task_run.id] = values


def place_in_pass(run: Run, task_run: TaskRun, parent_id: str) -> None:
    """Remember the loops over time around a task run."""
    around = run.loops.get(parent_id, ())
    if parent_id in run.passes:
        around = (*around, parent_id)
    if around:
        run.loops[task_run.id] = around
    for loop in around:
        run.passes[loop].append(task_run.id)


def task_run_state_changed(run: Run, event: TaskRunStateChanged) -> None:
    task_run = run.execution.task_runs[event.task_run_id]
    before = task_run.current
    if event.state in (StateType.RUNNING, StateType.SKIPPED):
        open_attempt(task_run, event.at)
    if event.state is StateType.RUNNING:
        show_outputs(run, task_run)  # of a flowable, which has an empty map while it is at work
    task_run.state.change(event.state, event.at)
    if event.state is StateType.PAUSED:
        run.paused.add(task_run.id)
    elif before is StateType.PAUSED:
        run.paused.discard(task_run.id)
    elif before is StateType.RETRYING:
        count_retrying(run, task_run, -1)
    if event.state in TERMINAL:
        if before not in TERMINAL:
            close_attempt(task_run, event.state, event.at)
            ended(run, task_run)
        elif task_run.attempts:  # somebody has set it
            task_run.attempts[-1].state.change(event.state, event.at)
    else:
        if event.state is StateType.RESTARTED:
            close_attempt(task_run, StateType.KILLED, event.at)
        show_state(run, task_run)


def open_attempt(task_run: TaskRun, at: datetime) -> None:
    """Flowable and skipped task runs have one attempt too; a restarted flowable keeps it (flow reference, 4.1)."""
    if not task_run.attempts:
        task_run.attempts.append(Attempt(State.created(at)))
    elif task_run.attempts[-1].state.current in TERMINAL:
        task_run.attempts[-1].state.change(StateType.RUNNING, at)


def close_attempt(task_run: TaskRun, state: StateType, at: datetime) -> None:
    """An attempt that was left open ends too."""
    if task_run.attempts and task_run.attempts[-1].state.current not in TERMINAL:
        task_run.attempts[-1].state.change(state, at)


def pass_started(run: Run, event: PassStarted) -> None:
    loop = run.execution.task_runs[event.task_run_id]
    loop.iteration = event.iteration
    for task_run_id in event.removed:
        forget(run, run.execution.task_runs.pop(task_run_id))
    run.passes[loop.id] = []


def forget(run: Run, task_run: TaskRun) -> None:
    """Take out all that is remembered of a task run, and what templates see of it."""
    take_out(run.outputs, (task_run.task_id, *run.values.get(task_run.id, ())))
    take_out(run.states, (task_run.task_id,) if task_run.value is None else (task_run.task_id, task_run.value))
    run.groups.pop(task_run.id, None)
    run.branches.pop(task_run.id)
    run.values.pop(task_run.id, None)
    run.loops.pop(task_run.id, None)
    run.passes.pop(task_run.id, None)
    run.paused.discard(task_run.id)


def take_out(found: dict[str, Any], path: Sequence[str]) -> None:
    """Remove what stands at a path of nested maps, and the maps that are empty then."""
    first, *rest = path
    if rest and first in found:
        take_out(found[first], rest)
        if found[first]:
            return
    found.pop(first, None)


def task_run_outputs_set(run: Run, event: TaskRunOutputsSet) -> None:
    task_run = run.execution.task_runs[event.task_run_id]
    task_run.outputs = {**(task_run.outputs or {}), **event.outputs}
    if task_run.current is not StateType.SKIPPED:
        show_outputs(run, task_run)


def attempt_started(run: Run, event: AttemptStarted) -> None:
    task_run = run.execution.task_runs[event.task_run_id]
    task_run.state.change(StateType.SUBMITTED, event.at)
    task_run.state.change(StateType.RUNNING, event.at)
    attempt = Attempt(State.created(event.at))
    attempt.state.change(StateType.RUNNING, event.at)
    task_run.attempts.append(attempt)
    show_state(run, task_run)


def attempt_ended(run: Run, event: AttemptEnded) -> None:
    task_run = run.execution.task_runs[event.task_run_id]
    task_run.attempts[-1].state.change(event.attempt_state, event.at)
    if event.state is StateType.RETRYING:
        task_run.state.change(StateType.FAILED, event.at)
    task_run.state.change(event.state, event.at)
    if event.outputs is not None:
        task_run.outputs = without_nulls(event.outputs)
    if event.state in TERMINAL:
        ended(run, task_run)
    else:
        count_retrying(run, task_run, 1)
        show_state(run, task_run)


def attempt_withdrawn(run: Run, event: AttemptWithdrawn) -> None:
    run.execution.task_runs[event.task_run_id].attempts.pop()


def count_retrying(run: Run, task_run: TaskRun, more: int) -> None:
    """A task run waits for its next attempt, or no longer does."""
    if group := run.group_of(task_run):
        group.retrying += more


def log_written(run: Run, event: LogWritten) -> None:
    if event.entry.level is LogLevel.ERROR:
        run.error_logs.append(event.entry)


def ended(run: Run, task_run: TaskRun) -> None:
    """Tell the group, and show the run's state and outputs to templates."""
    if task_run.task_id in run.towards:
        reach(run, task_run)
    if group := run.group_of(task_run):
        group.ended(task_run, run.branches[task_run.id])
    show_end(run, task_run)


def reach(run: Run, task_run: TaskRun) -> None:
    """Remember that nothing comes behind this task run, nor behind those around it; the first one counts."""
    if run.over or task_run.current is StateType.RETRIED:
        return
    run.over[task_run.parent_id] = run.branches[task_run.id]
    while task_run.parent_id is not None:
        task_run = run.execution.task_runs[task_run.parent_id]
        run.over[task_run.parent_id] = run.branches[task_run.id]


def show_end(run: Run, task_run: TaskRun) -> None:
    """Put the state and outputs of an ended task run where templates find them."""
    if task_run.current is not StateType.SKIPPED:
        show_outputs(run, task_run)
    show_state(run, task_run)


def show_state(run: Run, task_run: TaskRun) -> None:
    """Put the state where templates find it, from the creation on: `tasks.ID.state`, in loops `tasks.ID[value].state`."""
    shown = {"state": task_run.current}
    if task_run.value is None:
        run.states[task_run.task_id] = shown
    else:
        run.states.setdefault(task_run.task_id, {})[task_run.value] = shown


def show_outputs(run: Run, task_run: TaskRun) -> None:
    """Put the outputs where templates find them: `outputs.ID`, in loops `outputs.ID[outer][inner]`."""
    values = run.values.get(task_run.id)
    if not values:
        run.outputs[task_run.task_id] = in_the_clear(run, task_run.outputs or {})
        return
    place = run.outputs.setdefault(task_run.task_id, {})
    for value in values[:-1]:
        place = place.setdefault(value, {})
    place[values[-1]] = in_the_clear(run, task_run.outputs or {})


def in_the_clear(run: Run, outputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs with those opened that are encrypted; one that cannot be opened stays as it is."""
    opened = {}
    for name, value in outputs.items():
        if isinstance(value, dict) and value.get("type") == ENCRYPTED and "value" in value:
            with suppress(FlowrunError):
                opened[name] = run.unseal(value["value"])
    return {**outputs, **opened} if opened else outputs


def without_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    """A map without the entries whose value is null, at any depth; nulls in lists stay (flow reference, 5.1)."""
    return {key: _clean(item) for key, item in value.items() if item is not None}


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return without_nulls(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


FOLDS: dict[type, Callable[[Run, Any], None]] = {
    ExecutionCreated: execution_created,
    ExecutionRestarted: execution_restarted,
    ExecutionStateChanged: execution_state_changed,
    ExecutionOutputsSet: execution_outputs_set,
    LabelsSet: labels_set,
    VariablesSet: variables_set,
    TaskRunCreated: task_run_created,
    TaskRunStateChanged: task_run_state_changed,
    PassStarted: pass_started,
    TaskRunOutputsSet: task_run_outputs_set,
    AttemptStarted: attempt_started,
    AttemptEnded: attempt_ended,
    AttemptWithdrawn: attempt_withdrawn,
    LogWritten: log_written,
}
