"""Tasks that come to be while a flow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.errors import TaskFailed

if TYPE_CHECKING:
    from flowrun.model.task import Task


def build_task(text: str, task_id: str) -> Task | None:
    """The task of a YAML text; None for what is no map. Raises `TaskFailed`, also for a type that can't be run here."""
    from flowrun.loading.one_task import load_task
    from flowrun.model.registry import Standing, TypeKind
    from flowrun.tasks.registry import REGISTRY

    task = load_task(text, task_id, REGISTRY)
    if task is not None and REGISTRY.standing(task.type, TypeKind.TASK) is not Standing.RUNS:
        raise TaskFailed(f"flowrun can't run this type yet: {task.type}")
    return task
