"""The attempts of a task: begun, timed, failed and tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.engine.messages import CancelBody, Replay, RunBody, StartTimer, Timer, TimerKind
from flowrun.engine.retry import next_attempt, tolerated
from flowrun.errors import TemplateError
from flowrun.model.durations import parse_duration
from flowrun.model.events import AttemptStarted
from flowrun.model.execution import Mock, PlannedFailure
from flowrun.model.log import LogLevel
from flowrun.model.retry import RetryBehavior
from flowrun.model.state import StateType
from flowrun.model.task import CallingTask
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from flowrun.engine.turn import Turn
    from flowrun.model.execution import TaskRun
    from flowrun.model.retry import Retry
    from flowrun.model.task import Task


PLANNED_FAILURE = "planned failure (--fail)"


def plan_of(turn: Turn, task_run: TaskRun) -> PlannedFailure | Mock | None:
    """What its next attempt does in place of running; attempts are counted over the executions of a row of retries."""
    execution = turn.run.execution
    plan = execution.planned.get(task_run.task_id)
    if isinstance(plan, PlannedFailure) and plan.attempts:
        return plan if len(task_run.attempts) + execution.attempt in plan.attempts else None
    return plan


def start_attempt(turn: Turn, task_run: TaskRun, task: Task, plan: PlannedFailure | Mock | None) -> None:
    """Hand the body over, with a timer where the task has a `timeout`; or end it as planned."""
    turn.emit(AttemptStarted(turn.now, task_run.id))
    attempt = len(task_run.attempts)
    if isinstance(plan, Mock):
        turn.end_attempt(task_run, StateType.SUCCESS, StateType.SUCCESS, plan.outputs)
        return
    if plan is not None:
        turn.log(LogLevel.ERROR, PLANNED_FAILURE, task_run)
        fail(turn, task_run, None)
        return
    turn.commands.append(RunBody(task_run.id, attempt))
    if task.timeout is None or isinstance(task, CallingTask):
        return
    if (duration := timeout_of(turn, task_run, str(task.timeout))) is not None:
        turn.commands.append(StartTimer(turn.now + duration, Timer(TimerKind.TIMEOUT, task_run.id, attempt, duration)))


def timeout_of(turn: Turn, task_run: TaskRun, source: str) -> timedelta | None:
    """The rendered `timeout`; None, with the attempt failed, when it is none."""
    try:
        return parse_duration(render(source, turn.variables(task_run), turn.run.host).strip())
    except (TemplateError, ValueError) as problem:
        turn.commands.append(CancelBody(task_run.id, len(task_run.attempts)))
        turn.log(LogLevel.ERROR, str(problem), task_run)
        fail(turn, task_run, None)
        return None


def fail(turn: Turn, task_run: TaskRun, outputs: Mapping[str, Any] | None) -> None:
    """End a failed attempt: try again later, or settle the task run."""
    task = turn.run.task(task_run)
    due = next_try(turn, task_run, task, turn.now) if turn.run.stopping is None else None
    again = makes_new_execution(retry_of(turn, task_run, task))
    if due is None:  # where whole executions were tried, nothing is tolerated
        state = StateType.FAILED if again else tolerated(task, StateType.FAILED)
        turn.end_attempt(task_run, StateType.FAILED, state, outputs)
    elif again:
        replace_execution(turn, task_run, due, outputs)
    else:
        turn.end_attempt(task_run, StateType.FAILED, StateType.RETRYING, outputs)
        turn.enter(StateType.RETRYING)
        await_retry(turn, task_run, due)


def makes_new_execution(retry: Retry | None) -> bool:
    """Whether the next try is one of the whole flow."""
    return retry is not None and retry.behavior is RetryBehavior.CREATE_NEW_EXECUTION


def replace_execution(turn: Turn, task_run: TaskRun, due: datetime, outputs: Mapping[str, Any] | None) -> None:
    """The task run and all around it are RETRIED; so is the execution, once its `finally` has run."""
    turn.end_attempt(task_run, StateType.FAILED, StateType.RETRIED, outputs)
    turn.commands.append(Replay(due))
    while task_run.parent_id is not None:
        if group := turn.run.group_of(task_run):
            group.closed = True
            turn.end_flowables(group, StateType.KILLED)
        task_run = turn.run.execution.task_runs[task_run.parent_id]
        turn.change(task_run, StateType.RETRIED)


def await_retry(turn: Turn, task_run: TaskRun, due: datetime) -> None:
    timer = Timer(TimerKind.RETRY, task_run.id, len(task_run.attempts), due - turn.now)
    turn.commands.append(StartTimer(due, timer))


def next_try(turn: Turn, task_run: TaskRun, task: Task, failed_at: datetime) -> datetime | None:
    """When a failed task run is tried again; None: not any more."""
    retry = retry_of(turn, task_run, task)
    if retry is None:
        return None
    execution = turn.run.execution
    tries, begun = len(task_run.attempts), task_run.attempts[0].state.start
    if makes_new_execution(retry):
        tries, begun = execution.attempt, execution.original_start or execution.start
    return next_attempt(retry, tries, begun, failed_at, turn.run.random)


def retry_of(turn: Turn, task_run: TaskRun, task: Task) -> Retry | None:
    """The task's own `retry`, else that of the nearest flowable around it, else the flow's."""
    if not task.inherits_retry:
        return task.retry
    while task.retry is None and task_run.parent_id is not None:
        task_run = turn.run.execution.task_runs[task_run.parent_id]
        task = turn.run.task(task_run)
    return task.retry or turn.run.flow.retry
