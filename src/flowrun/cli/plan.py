"""The plan of `run --dry-run`, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowrun.sinks.summary import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.app.flows import PlannedTask
    from flowrun.model.flow import Flow


def plan_lines(flow: Flow, planned: Sequence[PlannedTask]) -> str:
    """Each task in its place, with its properties; `…` marks those that only a run can know."""
    lines = [f"{flow.namespace}.{flow.id}: the plan, nothing is run", ""]
    branch = ""
    for task in planned:
        if task.branch != branch:
            branch = task.branch
            lines += [branch]
        lines += task_lines(task, "  " * task.depth)
    return "\n".join(lines) + "\n"


def task_lines(task: PlannedTask, indent: str) -> list[str]:
    """One task and its properties."""
    lines = [f"{indent}{task.id}  {task.type.rpartition('.')[2]}"]
    for name, value in task.properties.items():
        mark = "… " if name in task.pending else ""
        lines.append(f"{indent}  {name}: {mark}{short(value)}")
    return lines


def plan_document(flow: Flow, planned: Sequence[PlannedTask]) -> str:
    """`{"plan": …}` (`docs/schemas/plan.json`)."""
    tasks = [task_document(task) for task in planned]
    document = {"plan": {"namespace": flow.namespace, "flowId": flow.id, "tasks": tasks}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def task_document(task: PlannedTask) -> dict[str, Any]:
    """One task of the plan."""
    return {
        "id": task.id,
        "type": task.type,
        "depth": task.depth,
        "branch": task.branch or "tasks",
        "properties": dict(task.properties),
        "pending": list(task.pending),
    }
