"""The body of a task, run to its end; no exception leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded, FolderEntered, FolderLeft
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.task import ExecutionChange, FlowCalls, FolderTask, RunnableTask, Wait
from flowrun.runtime.properties import render_properties

if TYPE_CHECKING:
    from flowrun.runtime.run_context import TaskRunContext

    Answer = BodySucceeded | BodyFailed | BodyKilled | FolderEntered | FolderLeft | Wait | FlowCalls


@dataclass(frozen=True, slots=True)
class Returned:
    """What a body ended with: the message for the engine, or what is to be done before there is one."""

    task_run_id: str
    attempt: int
    answer: Answer


def run_body(task: RunnableTask, context: TaskRunContext, attempt: int) -> Returned:
    """Render the properties, run the body, and say how it ended."""
    task_run_id = context.task_run.id
    answer: Answer
    try:
        # It may have been told to end while it waited for a worker; then it does not begin.
        result = None if context.cancelled else rendered(task, context).run(context)
    except TaskFailed as failure:
        answer = BodyFailed(task_run_id, attempt, failure.message, failure.outputs)
    except FlowrunError as failure:
        answer = BodyFailed(task_run_id, attempt, str(failure))
    except Exception as failure:  # noqa: BLE001 - the body may be anybody's code; its failure is the task's, not ours
        answer = BodyFailed(task_run_id, attempt, reason(failure))
    else:
        if isinstance(result, Wait | FlowCalls):
            answer = result
        elif isinstance(result, ExecutionChange):
            answer = BodySucceeded(task_run_id, attempt, change=result)
        else:
            answer = BodySucceeded(task_run_id, attempt, result)
    finally:
        context.clear()
    if context.cancelled:  # it was told to end: what it answers then is no result
        answer = BodyKilled(task_run_id, attempt)
    return Returned(task_run_id, attempt, answer)


def rendered(task: RunnableTask, context: TaskRunContext) -> RunnableTask:
    """The task as its body sees it. Raises `FlowrunError`."""
    return render_properties(task, {**context.variables, **task.own_variables(context)}, context.host)


def enter(task: FolderTask, context: TaskRunContext) -> Returned:
    """Fill the directory that the children of a task run share."""
    task_run_id = context.task_run.id
    try:
        render_properties(task, context.variables, context.host).prepare(context)
    except Exception as problem:  # noqa: BLE001 - as for bodies
        return Returned(task_run_id, 0, FolderEntered(task_run_id, reason(problem)))
    return Returned(task_run_id, 0, FolderEntered(task_run_id))


def leave(task: FolderTask, context: TaskRunContext) -> Returned:
    """Keep what is to be kept of such a directory."""
    task_run_id = context.task_run.id
    try:
        outputs = render_properties(task, context.variables, context.host).finish(context)
    except Exception as problem:  # noqa: BLE001 - as for bodies
        return Returned(task_run_id, 0, FolderLeft(task_run_id, problem=reason(problem)))
    return Returned(task_run_id, 0, FolderLeft(task_run_id, outputs))


def reason(problem: Exception) -> str:
    """What an exception says."""
    return str(problem) or type(problem).__name__
