"""How an execution is ended before its work is done: by a task, from outside, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.engine.advance import end_execution, finish_execution
from flowrun.engine.messages import Abort, CancelBody, Kill
from flowrun.model.events import ExecutionStateChanged, TaskRunStateChanged
from flowrun.model.state import StateType
from flowrun.model.task import FlowableTask

if TYPE_CHECKING:
    from flowrun.engine.turn import Turn
    from flowrun.model.execution import TaskRun


def exit_execution(turn: Turn, task_run: TaskRun, state: StateType) -> None:
    """A task ends the execution (flow reference, 6.2): a failure has its handlers, any other end skips what is left."""
    turn.end_attempt(task_run, state, state, None)
    root = turn.run.groups.get(None)
    if state is StateType.FAILED or root is None or turn.run.execution.current.is_terminal:
        return
    if state is StateType.KILLED:
        kill(turn)
        return
    root.closed = True
    turn.end_unfinished(state)
    finish_execution(turn, state)


def end_now(turn: Turn, state: StateType) -> None:
    """The execution is over here and now, and so is all that is unfinished: without handlers and outputs."""
    if not turn.run.execution.current.is_terminal:
        turn.end_unfinished(state)
        end_execution(turn, state)


def kill(turn: Turn, _message: Kill | None = None) -> None:
    """End what has not begun, tell the bodies, and wait for them (flow reference, 10.6).

    When the main work has ended already, it is `afterExecution` that is cut short; the state stays.
    """
    if turn.run.stopping is not None:
        return
    if turn.run.groups and not turn.run.execution.current.is_terminal:
        turn.emit(ExecutionStateChanged(turn.now, StateType.KILLING))
    for group in turn.run.groups.values():
        group.closed = True
    turn.run.stopping = set()
    for task_run in turn.unfinished():
        if turn.at_work(task_run):
            turn.run.stopping.add(task_run.id)
            turn.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
        elif not isinstance(turn.run.task(task_run), FlowableTask):
            turn.emit(TaskRunStateChanged(turn.now, task_run.id, StateType.KILLED))
    end_kill(turn)


def stopped(turn: Turn, task_run_id: str) -> None:
    """A body has ended: if it was one that a kill waits for, the kill may be over."""
    if turn.run.stopping is not None and task_run_id in turn.run.stopping:
        turn.run.stopping.discard(task_run_id)
        end_kill(turn)


def end_kill(turn: Turn) -> None:
    """When no body is at work any more: the flowables end, then the execution."""
    if turn.run.stopping:
        return
    for task_run in turn.unfinished():
        turn.emit(TaskRunStateChanged(turn.now, task_run.id, StateType.KILLED))
    if turn.run.execution.current.is_terminal:
        turn.run.finished = True
    else:
        turn.run.stopping = None
        end_execution(turn, StateType.KILLED)


def abort(turn: Turn, _message: Abort | None = None) -> None:
    """End everything here and now."""
    for task_run in turn.unfinished():
        turn.emit(TaskRunStateChanged(turn.now, task_run.id, StateType.KILLED))
    if not turn.run.execution.current.is_terminal:
        turn.emit(ExecutionStateChanged(turn.now, StateType.KILLED))
    turn.run.finished = True
