"""The body of a task, run to its end; no exception leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded, FolderEntered, FolderLeft
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.task import ExecutionChange, FlowCalls, FolderTask, RunnableTask, Wait
from flowrun.runtime.properties import render_properties
from flowrun.runtime.task_cache import entry_of

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
    """Render the properties, run the body, and say how it ended; with outputs that are kept it need not run."""
    task_run_id = context.task_run.id
    # It may have been told to end while it waited for a worker; then it does not begin.
    entry = None if context.cancelled else entry_of(task, context)
    kept = entry.outputs() if entry else None
    answer: Answer
    if kept is not None:
        answer = BodySucceeded(task_run_id, attempt, kept or None)  # as of a body without outputs
    else:
        answer = body_answer(task, context, attempt)
        if entry and not context.cancelled:
            entry.keep(answer, attempt)
    if context.cancelled:  # it was told to end: what it answers then is no result
        answer = BodyKilled(task_run_id, attempt)
    return Returned(task_run_id, attempt, answer)


def body_answer(task: RunnableTask, context: TaskRunContext, attempt: int) -> Answer:
    """What came of the body."""
    task_run_id = context.task_run.id
    failed = True
    try:
        result = None if context.cancelled else context.run_task(task)
        failed = context.cancelled
    except TaskFailed as failure:
        return BodyFailed(task_run_id, attempt, failure.message, failure.outputs)
    except FlowrunError as failure:
        return BodyFailed(task_run_id, attempt, str(failure))
    except Exception as failure:  # noqa: BLE001 - the body may be anybody's code; its failure is the task's, not ours
        return BodyFailed(task_run_id, attempt, reason(failure))
    finally:
        context.clear(failed=failed)
    if isinstance(result, Wait | FlowCalls):
        return result
    if isinstance(result, ExecutionChange):
        return BodySucceeded(task_run_id, attempt, change=result)
    return BodySucceeded(task_run_id, attempt, result)


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
