"""What bodies reach beyond the runtime, which knows neither the store nor the loader: the app provides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.model.executions import Executions
    from flowrun.model.task import Task
    from flowrun.model.task_cache import TaskCaches


@dataclass(frozen=True, slots=True)
class Provided:
    """`executions`: those that are kept. `caches`: outputs of tasks with `taskCache`.

    `build_task` makes a task of its YAML and an id; see `RunContext.build_task`.
    """

    executions: Executions
    caches: TaskCaches
    build_task: Callable[[str, str], Task | None]
