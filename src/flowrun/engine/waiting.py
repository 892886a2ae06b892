"""Flowables that wait: for somebody's word, or for the next pass of a loop (flow reference, 5.8 and 5.11).

While the execution is PAUSED nothing new begins; what is at work goes on to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.engine.messages import StartTimer, Timer, TimerKind
from flowrun.engine.turn import TaskContext, Turn
from flowrun.errors import TemplateError
from flowrun.model.events import ExecutionStateChanged, TaskRunCreated, TaskRunOutputsSet
from flowrun.model.execution import TaskRun
from flowrun.model.log import LogLevel
from flowrun.model.state import State, StateType
from flowrun.model.task import ERRORS, ON_PAUSE, TASKS, RepeatedTask, StoppingTask, Unresolvable

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from flowrun.engine.group import Group
    from flowrun.model.task import Stop


def stop(turn: Turn, task_run: TaskRun, task: StoppingTask) -> bool:
    """Have a task run wait for somebody's word; False, with the reason in the log, when nobody can say for how long."""
    try:
        found = task.stop(TaskContext(turn, task_run))
    except (TemplateError, Unresolvable) as problem:
        turn.log(LogLevel.ERROR, str(problem), task_run)
        return False
    pause(turn, task_run)
    await_end(turn, task_run, found, turn.now)
    if task.on_pause is not None and not task.on_pause.disabled:
        beside = TaskRun(turn.run.new_id(), task.on_pause.id, State.created(turn.now))
        turn.emit(TaskRunCreated(turn.now, beside, ON_PAUSE))
        turn.run.loose.append(beside)
    return True


def another_pass(turn: Turn, group: Group) -> bool:
    """Whether a loop over time goes on, now that a list of it is done. If not, the group may have a verdict then.

    `errors` that end well make good for a pass that failed, as on the server.
    """
    loop, task = group.owner, group.task
    if not isinstance(task, RepeatedTask) or loop is None or not ended_well(group):
        return False
    context = TaskContext(turn, loop)
    try:
        end = task.after_pass(context)
        interval = task.interval(context) if end.again else None
    except (TemplateError, Unresolvable) as problem:
        turn.log(LogLevel.ERROR, f"Unable to resolve state from the Flowable task: {problem}", loop)
        turn.log(LogLevel.ERROR, str(problem), loop)
        group.verdict = StateType.FAILED
        return False
    turn.emit(TaskRunOutputsSet(turn.now, loop.id, end.outputs))
    group.verdict = end.state
    if interval is None:
        return False
    pause(turn, loop)
    await_pass(turn, loop, interval, turn.now)
    return True


def ended_well(group: Group) -> bool:
    """Whether the present list counts as a pass."""
    if group.branch == TASKS:
        return not group.failed and StateType.KILLED not in group.counts
    return group.branch == ERRORS and not group.handler_failed


def pause(turn: Turn, task_run: TaskRun) -> None:
    """The task run waits, and with it the execution, unless that has ended: `afterExecution` runs."""
    turn.change(task_run, StateType.PAUSED)
    if not turn.run.execution.current.is_terminal:
        turn.emit(ExecutionStateChanged(turn.now, StateType.PAUSED))


def await_pass(turn: Turn, loop: TaskRun, interval: timedelta, since: datetime) -> None:
    """Have a timer fire when the next pass begins."""
    timer = Timer(TimerKind.INTERVAL, loop.id, len(loop.attempts), interval)
    turn.commands.append(StartTimer(since + interval, timer))


def await_end(turn: Turn, task_run: TaskRun, found: Stop, since: datetime) -> None:
    """Have a timer fire when a stop is over in any case; one without a duration needs somebody's word."""
    if found.duration is not None:
        timer = Timer(TimerKind.STOP, task_run.id, len(task_run.attempts), found.duration, found.state)
        turn.commands.append(StartTimer(since + found.duration, timer))


def wait_again(turn: Turn, task_run: TaskRun) -> None:
    """Start the timer of a task run that an earlier process left waiting."""
    task = turn.run.task(task_run)
    since = task_run.state.histories[-1][1]
    context = TaskContext(turn, task_run)
    try:
        if isinstance(task, RepeatedTask):
            await_pass(turn, task_run, task.interval(context), since)
        elif isinstance(task, StoppingTask):
            await_end(turn, task_run, task.stop(context), since)
    except (TemplateError, Unresolvable) as problem:
        turn.log(LogLevel.ERROR, str(problem), task_run)
