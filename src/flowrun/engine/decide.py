"""One message in, events and commands out: the heart of the engine.

`decide` folds each event as it makes it (with `evolve`, like everybody else), so that the next
step of the same turn sees it. It advances only the groups that the message touched; what it costs
does not depend on how many task runs there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.engine.advance import dispatch, end_execution, enter_folder, leave_folder, open_group, settle
from flowrun.engine.attempts import fail
from flowrun.engine.changes import changed_variables
from flowrun.engine.group import Group
from flowrun.engine.messages import (
    Abort,
    AwaitSlot,
    Begin,
    BodyFailed,
    BodyKilled,
    BodySucceeded,
    CallRefused,
    CancelBody,
    Command,
    FolderEntered,
    FolderLeft,
    Kill,
    Message,
    Restart,
    Resume,
    SlotGranted,
    TimerFired,
    TimerKind,
)
from flowrun.engine.recall import recall
from flowrun.engine.resuming import begin_pass, end_stop
from flowrun.engine.retry import tolerated
from flowrun.engine.sla import check_assertions, duration_over, start_watching
from flowrun.engine.steps import InOrder
from flowrun.engine.stopping import abort, end_now, exit_execution, kill, stopped
from flowrun.engine.turn import Turn
from flowrun.engine.waiting import wait_again
from flowrun.model.durations import format_clock
from flowrun.model.events import (
    AttemptWithdrawn,
    Event,
    ExecutionRestarted,
    ExecutionStateChanged,
    LabelsSet,
    TaskRunStateChanged,
    VariablesSet,
)
from flowrun.model.flow import CheckBehavior, ConcurrencyBehavior
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.model.task import ExecutionChange, RunnableTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun


def decide(run: Run, message: Message, now: datetime) -> tuple[list[Event], list[Command]]:
    """Answer one message. `now` is aware, UTC. The events are already folded into `run`."""
    turn = Turn(run, now)
    ANSWERS[type(message)](turn, message)
    settle(turn)
    if run.flow.sla and turn.events:
        check_assertions(turn)
        settle(turn)
    return turn.events, turn.commands


def begin(turn: Turn, message: Begin) -> None:
    if any(one.behavior is CheckBehavior.FAIL_EXECUTION for one in turn.run.failed_checks):
        end_execution(turn, StateType.FAILED)
    elif admitted(turn, message.running):
        go_on(turn)


def restart(turn: Turn, message: Restart) -> None:
    """Mark what is to run again (flow reference, 10.5), then go on as after a start."""
    plan, execution = message.plan, turn.run.execution
    turn.emit(ExecutionRestarted(turn.now, execution, plan.removed))
    turn.emit(LabelsSet(turn.now, {**execution.labels, "system.restarted": "true"}))
    for task_run in list(execution.task_runs.values()):
        if task_run.id in plan.flowables:
            turn.emit(TaskRunStateChanged(turn.now, task_run.id, StateType.RUNNING))
        elif task_run.id in plan.bodies:
            turn.emit(TaskRunStateChanged(turn.now, task_run.id, StateType.RESTARTED))
        elif task_run.id in plan.states:
            turn.emit(TaskRunStateChanged(turn.now, task_run.id, plan.states[task_run.id]))
    turn.emit(ExecutionStateChanged(turn.now, StateType.RESTARTED))
    if admitted(turn, message.running):
        go_on(turn)


def slot_granted(turn: Turn, _message: SlotGranted) -> None:
    if turn.run.execution.current is StateType.QUEUED:
        go_on(turn)


def admitted(turn: Turn, running: int | None) -> bool:
    """Whether a slot of the flow's `concurrency` is free; if not, do what its behavior says (flow reference, 10.1)."""
    concurrency = turn.run.flow.concurrency
    if running is None or concurrency is None:
        return True
    if concurrency.behavior is ConcurrencyBehavior.QUEUE:
        reason = f"Execution is queued due to concurrency limit exceeded, {running} running(s)"
        turn.log(LogLevel.INFO, reason, None)
        turn.emit(ExecutionStateChanged(turn.now, StateType.QUEUED))
        turn.commands.append(AwaitSlot())
    elif concurrency.behavior is ConcurrencyBehavior.CANCEL:
        end_execution(turn, StateType.CANCELLED)
    else:
        turn.log(LogLevel.ERROR, "Execution is FAILED due to concurrency limit exceeded", None)
        end_execution(turn, StateType.FAILED)
    return False


def go_on(turn: Turn) -> None:
    """Open the flow's group; what is there from an earlier process goes back to work when its turn comes."""
    turn.emit(ExecutionStateChanged(turn.now, StateType.RUNNING))
    if turn.run.flow.sla:
        start_watching(turn)
        check_assertions(turn)
        if turn.run.execution.current.is_terminal:
            return
    take_up(turn)
    if turn.run.paused:
        turn.emit(ExecutionStateChanged(turn.now, StateType.PAUSED))


def take_up(turn: Turn) -> None:
    """Open the flow's group, with what is there from an earlier process."""
    run, flow = turn.run, turn.run.flow
    if run.execution.task_runs:
        recall(run)
    open_group(turn, None, Group(None, None, InOrder(flow.tasks), errors=flow.errors, finally_=flow.finally_))
    for task_run_id in sorted(run.paused, key=list(run.execution.task_runs).index):
        wait_again(turn, run.execution.task_runs[task_run_id])


def resume(turn: Turn, message: Resume) -> None:
    """Somebody gave the word that a task run waits for; in this process, or as the first thing of a new one."""
    task_run = turn.run.execution.task_runs.get(message.task_run_id)
    if task_run is None or task_run.current is not StateType.PAUSED:
        return
    if (plan := message.plan) is not None:
        turn.emit(ExecutionRestarted(turn.now, turn.run.execution, plan.removed))
        for cut_short in plan.bodies:
            turn.emit(TaskRunStateChanged(turn.now, cut_short, StateType.RESTARTED))
        take_up(turn)
    end_stop(turn, task_run, StateType.SUCCESS, message.inputs)


def body_succeeded(turn: Turn, message: BodySucceeded) -> None:
    if task_run := turn.current_attempt(message.task_run_id, message.attempt):
        task = turn.run.task(task_run)
        state = message.state
        own = task.retry  # one around the task says nothing of this
        if state is StateType.SUCCESS and message.attempt > 1 and own and own.warning_on_retry:
            state = StateType.WARNING
        if message.change is not None:
            change_execution(turn, message.change)
        if message.change is not None and message.change.end is not None:
            exit_execution(turn, task_run, message.change.end)
        elif message.idle:
            turn.emit(AttemptWithdrawn(turn.now, task_run.id))
            turn.change(task_run, state)
        else:
            turn.end_attempt(task_run, state, tolerated(task, state), message.outputs)
        stopped(turn, task_run.id)


def change_execution(turn: Turn, change: ExecutionChange) -> None:
    """What comes next sees the new labels and variables."""
    execution = turn.run.execution
    if change.labels:
        turn.emit(LabelsSet(turn.now, {**execution.labels, **change.labels}))
    if change.variables or change.removed:
        turn.emit(VariablesSet(turn.now, changed_variables(execution.variables, change)))


def body_failed(turn: Turn, message: BodyFailed) -> None:
    if task_run := turn.current_attempt(message.task_run_id, message.attempt):
        task = turn.run.task(task_run)
        of_engine = isinstance(task, RunnableTask) and task.edits_execution
        if message.message and not of_engine:
            turn.log(LogLevel.ERROR, message.message, task_run)
        fail(turn, task_run, message.outputs)
        if message.message and of_engine:
            turn.log(LogLevel.ERROR, message.message, turn.blamed())
        stopped(turn, task_run.id)


def call_refused(turn: Turn, message: CallRefused) -> None:
    """As for anything that goes wrong in a step of the server's engine: what is unfinished ends, and the execution FAILED."""
    task_run = turn.current_attempt(message.task_run_id, message.attempt)
    if task_run is None:
        return
    if message.logged:
        turn.log(LogLevel.ERROR, message.message, task_run)
    turn.end_attempt(task_run, StateType.FAILED, StateType.FAILED, None)
    if turn.run.stopping is not None:
        stopped(turn, task_run.id)
        return
    turn.log(LogLevel.ERROR, message.message, turn.blamed())
    end_now(turn, StateType.FAILED)


def body_killed(turn: Turn, message: BodyKilled) -> None:
    stopping = turn.run.stopping or ()
    if message.task_run_id in stopping and turn.current_attempt(message.task_run_id, message.attempt):
        turn.emit(TaskRunStateChanged(turn.now, message.task_run_id, StateType.KILLED))
        stopped(turn, message.task_run_id)


def timer_fired(turn: Turn, message: TimerFired) -> None:
    timer = message.timer
    if timer.kind is TimerKind.SLA:
        duration_over(turn, timer.task_run_id)
        return
    task_run = turn.run.execution.task_runs.get(timer.task_run_id)
    if task_run is None or turn.run.stopping is not None:
        return
    match timer.kind, task_run.current:
        case TimerKind.RETRY, StateType.RETRYING:
            retry(turn, task_run)
        case TimerKind.INTERVAL, StateType.PAUSED:
            begin_pass(turn, task_run)
        case TimerKind.STOP, StateType.PAUSED:
            end_stop(turn, task_run, timer.state or StateType.SUCCESS)
        case TimerKind.TIMEOUT, StateType.RUNNING if turn.current_attempt(task_run.id, timer.attempt):
            turn.commands.append(CancelBody(task_run.id, timer.attempt))
            turn.log(LogLevel.ERROR, f"Timeout after {format_clock(timer.duration)}", task_run)
            fail(turn, task_run, None)


def retry(turn: Turn, task_run: TaskRun) -> None:
    """Begin the next attempt of a task run that waited for it."""
    turn.change(task_run, StateType.CREATED)
    turn.touch(task_run)
    turn.enter(StateType.RUNNING)
    dispatch(turn, task_run)


ANSWERS: dict[type, Callable[[Turn, Any], None]] = {
    Begin: begin,
    Restart: restart,
    Resume: resume,
    SlotGranted: slot_granted,
    BodySucceeded: body_succeeded,
    BodyFailed: body_failed,
    BodyKilled: body_killed,
    CallRefused: call_refused,
    FolderEntered: enter_folder,
    FolderLeft: leave_folder,
    TimerFired: timer_fired,
    Kill: kill,
    Abort: abort,
}
