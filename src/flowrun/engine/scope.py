"""What a template sees, and where it stands when it is rendered (flow reference, 11.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.model.task import ON_PAUSE, FolderTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.engine.run import Run
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task


TENANT = "main"
"""The one tenant of a server without an Enterprise licence."""


def flow_variables(flow: Flow, revision: int) -> dict[str, Any]:
    """`flow` in a template."""
    return {"id": flow.id, "namespace": flow.namespace, "revision": revision, "tenantId": TENANT}


def execution_variables(run: Run) -> dict[str, Any]:
    """What every template of an execution sees, in a task or not.

    The maps behind `outputs`, `tasks` and `vars` are the live ones: nothing is copied for a rendering.
    """
    execution = run.execution
    seen: dict[str, Any] = {
        "flow": flow_variables(run.flow, execution.flow_revision),
        "execution": execution_view(execution),
        "outputs": run.outputs,
        "tasks": run.states,
        "labels": nested(execution.labels),
        "envs": run.envs,
    }
    if execution.variables:
        seen["vars"] = execution.variables
    if run.flow.inputs:
        seen["inputs"] = run.inputs
    if execution.trigger is not None:
        seen["trigger"] = execution.trigger.get("variables", {})
    return seen


def start_variables(flow: Flow, execution: Execution, envs: Mapping[str, str]) -> dict[str, Any]:
    """What the templates of inputs see while the execution is being created, the inputs apart."""
    seen: dict[str, Any] = {
        "flow": flow_variables(flow, execution.flow_revision),
        "execution": execution_view(execution),
        "labels": nested(execution.labels),
        "envs": envs,
    }
    if execution.variables:
        seen["vars"] = execution.variables
    return seen


def execution_view(execution: Execution) -> dict[str, Any]:
    """`execution` in a template."""
    view: dict[str, Any] = {
        "id": execution.id,
        "state": execution.current,
        "startDate": execution.start,
        "originalId": execution.original_id or execution.id,
    }
    if execution.outputs:
        view["outputs"] = execution.outputs
    return view


def task_variables(run: Run, task_run: TaskRun, task: Task) -> dict[str, Any]:
    """What the templates of one task run see."""
    seen = execution_variables(run)
    seen["task"] = {"id": task.id, "type": task.type}
    seen["taskrun"] = task_run_view(task_run)
    if run.branches.get(task_run.id) == ON_PAUSE:
        return seen
    if (folder := folder_around(run, task_run)) is not None:
        return in_folder(run, seen, folder)
    seen["parents"] = parents = parent_views(run, task_run)
    if parents:
        seen["parent"] = parents[0]
    return seen


def in_folder(run: Run, seen: dict[str, Any], folder: TaskRun) -> dict[str, Any]:
    """What the children of a WorkingDirectory see: its value as their own, no parents, no states of each other."""
    if folder.value is not None:
        seen["taskrun"]["value"] = folder.value
    task = run.task(folder)
    assert isinstance(task, FolderTask)
    siblings = {one.id for one in task.children()}
    seen["tasks"] = {name: state for name, state in run.states.items() if name not in siblings}
    seen["parents"] = []
    return seen


def folder_around(run: Run, task_run: TaskRun) -> TaskRun | None:
    """The WorkingDirectory that a task run belongs to: its children know no parents (flow reference, 5.12)."""
    if task_run.parent_id is None:
        return None
    parent = run.execution.task_runs[task_run.parent_id]
    return parent if isinstance(run.task(parent), FolderTask) else None


def task_run_view(task_run: TaskRun) -> dict[str, Any]:
    """`taskrun` in a template; `attemptsCount` counts the attempts that have ended."""
    view: dict[str, Any] = {
        "id": task_run.id,
        "startDate": task_run.state.start,
        "attemptsCount": sum(attempt.state.current.is_terminal for attempt in task_run.attempts),
    }
    if task_run.parent_id is not None:
        view["parentId"] = task_run.parent_id
    if task_run.value is not None:
        view["value"] = task_run.value
    if task_run.iteration is not None:
        view["iteration"] = task_run.iteration
    return view


def parent_views(run: Run, task_run: TaskRun) -> list[dict[str, Any]]:
    """`parents`: the enclosing task runs that have a value or outputs, nearest first."""
    views = []
    parent_id = task_run.parent_id
    while parent_id is not None:
        parent = run.execution.task_runs[parent_id]
        view: dict[str, Any] = {}
        if parent.value is not None:
            view["taskrun"] = {"value": parent.value}
        if parent.outputs:
            view["outputs"] = parent.outputs
        if view:
            views.append(view)
        parent_id = parent.parent_id
    return views


def outputs_with(run: Run, task_run: TaskRun, more: Mapping[str, Any]) -> dict[str, Any]:
    """`outputs` as if a task run had more of its own; the live maps stay as they are."""
    copy = dict(run.outputs)
    place, path = copy, (task_run.task_id, *run.values.get(task_run.id, ()))
    for key in path:
        place[key] = dict(place.get(key, {}))
        place = place[key]
    place.update(more)
    return copy


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested maps: `{"a.b": 1}` is `{"a": {"b": 1}}`."""
    result: dict[str, Any] = {}
    for key, value in flat.items():
        place = result
        *outer, last = key.split(".")
        for part in outer:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[last] = value
    return result
