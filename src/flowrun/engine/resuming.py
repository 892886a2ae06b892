"""What waited goes on: after somebody's word, when the time is over, with the next pass of a loop."""

from __future__ import annotations

from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

from flowrun.engine.advance import open_errors, open_flowable
from flowrun.engine.inputs import flatten
from flowrun.engine.start import is_there
from flowrun.engine.steps import enabled
from flowrun.engine.stopping import end_now
from flowrun.engine.turn import TaskContext
from flowrun.model.events import ExecutionStateChanged, PassStarted, TaskRunOutputsSet
from flowrun.model.inputs import SecretInput
from flowrun.model.state import StateType
from flowrun.model.task import FlowableTask, StoppingTask
from flowrun.template import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowrun.engine.turn import Turn
    from flowrun.model.execution import TaskRun
    from flowrun.model.inputs import Input


def begin_pass(turn: Turn, loop: TaskRun) -> None:
    """The next pass of a loop over time: the task runs of the last one are gone."""
    run, task = turn.run, turn.run.task(loop)
    assert isinstance(task, FlowableTask)
    if group := run.groups.get(loop.id):
        group.closed = True
    removed = [one for one in run.passes[loop.id] if one in run.execution.task_runs]
    turn.emit(PassStarted(turn.now, loop.id, (loop.iteration or 0) + 1, removed))
    if not run.execution.current.is_terminal:
        turn.emit(ExecutionStateChanged(turn.now, StateType.RUNNING))
    turn.change(loop, StateType.RUNNING)
    run.earlier.pop(loop.id, None)
    open_flowable(turn, loop, task, TaskContext(turn, loop))


def secrets_in(inputs: Mapping[str, Any], declared: Sequence[Input]) -> Iterator[str]:
    """The values of the SECRET inputs among those of a word, which nest where their ids have dots."""
    for one in flatten(declared):
        if isinstance(one, SecretInput) and is_there(inputs, one.id):
            yield to_text(reduce(getitem, one.id.split("."), inputs))


def end_stop(turn: Turn, task_run: TaskRun, state: StateType, inputs: Mapping[str, Any] | None = None) -> None:
    """A task run that waited for somebody's word ends in a state, or goes on with its tasks. `inputs`: those of that word."""
    task = turn.run.task(task_run)
    assert isinstance(task, FlowableTask)
    said = {} if inputs is None else {"onResume": dict(inputs)}
    if inputs and isinstance(task, StoppingTask):
        turn.run.execution.masking.hide(secrets_in(inputs, task.on_resume or ()))
    resumed = {"on": turn.now.replace(tzinfo=None).isoformat(), "to": state.value}
    turn.emit(TaskRunOutputsSet(turn.now, task_run.id, {**said, "resumed": resumed}))
    if state is StateType.SUCCESS and enabled(task.children()):
        turn.change(task_run, StateType.RUNNING)
        if turn.run.group_of(task_run):
            open_flowable(turn, task_run, task, TaskContext(turn, task_run))
    elif state is StateType.FAILED and (enabled(task.errors) or enabled(task.finally_)):
        turn.change(task_run, StateType.RUNNING)
        open_errors(turn, task_run, task)
    else:
        turn.change(task_run, state)
    if state is StateType.CANCELLED:
        end_now(turn, StateType.CANCELLED)
    elif not turn.run.paused and turn.run.execution.current is StateType.PAUSED:
        turn.emit(ExecutionStateChanged(turn.now, StateType.RESTARTED))
        turn.emit(ExecutionStateChanged(turn.now, StateType.RUNNING))
