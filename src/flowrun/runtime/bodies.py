"""The body of a task, run to its end; no exception leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.task import ExecutionChange, FlowCalls, RunnableTask, Wait
from flowrun.runtime.properties import render_properties

if TYPE_CHECKING:
    from flowrun.runtime.run_context import TaskRunContext

    Answer = BodySucceeded | BodyFailed | BodyKilled | Wait | FlowCalls


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
        answer = BodyFailed(task_run_id, attempt, str(failure) or type(failure).__name__)
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
