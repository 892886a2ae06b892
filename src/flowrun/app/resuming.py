"""The word that a paused execution waits for: which inputs it has, and what they come to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowrun.app.uploads import Uploads
from flowrun.engine.scope import execution_variables, nested
from flowrun.engine.start import resolution
from flowrun.errors import StartRefused
from flowrun.model.state import StateType
from flowrun.model.task import StoppingTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.engine.run import Run
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.storage import Storage


def waiting_run(flow: Flow, execution: Execution) -> TaskRun:
    """The first task run that waits for a word. Raises `StartRefused` in the server's words."""
    for task_run in execution.task_runs.values():
        task = flow.tasks_by_id[task_run.task_id]
        if task_run.current is StateType.PAUSED and isinstance(task, StoppingTask):
            return task_run
    hint = f"it is {execution.current.value}"
    raise StartRefused(f"Execution '{execution.id}' is not paused, can't resume it", hint=hint)


def as_flow(flow: Flow, task_run: TaskRun) -> Flow:
    """The inputs of the word that a task run waits for, as those of a flow: they are given and asked for in the same way."""
    task = flow.tasks_by_id[task_run.task_id]
    inputs = task.on_resume if isinstance(task, StoppingTask) else None
    return replace(flow, inputs=inputs or [], checks=None, disabled=False)


def resolved(run: Run, task_run: TaskRun, raw: Mapping[str, Any], storage: Storage) -> dict[str, Any]:
    """The inputs of the word, typed; their files are copied into the storage. Raises `StartRefused`, `StoreError`."""
    flow = as_flow(run.flow, task_run)
    uploads = Uploads()
    seen = execution_variables(run)
    found = resolution(flow, raw, run.execution, run.envs, host=run.host, upload=uploads, seen=seen)
    inputs, _ = found.resolve_all()
    uploads.store(storage)
    return nested(inputs)
