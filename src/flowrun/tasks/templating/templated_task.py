"""`io.kestra.plugin.core.templating.TemplatedTask`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import CallingTask, RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext
    from flowrun.model.task import BodyResult


@dataclass(frozen=True, kw_only=True)
class TemplatedTask(RunnableTask):
    """Runs the task whose YAML `spec` renders to; its outputs are those of that task.

    Only the body of that task counts: its `retry`, `timeout`, `runIf` and the like say nothing.
    """

    looks_around: ClassVar[bool] = True  # as the task that it makes may

    spec: Templated[str]

    def run(self, ctx: RunContext) -> BodyResult:
        task = ctx.build_task(self.spec)
        if isinstance(task, TemplatedTask):
            raise TaskFailed(f"The templated task cannot be of type '{task.type}'")
        if not isinstance(task, RunnableTask) or isinstance(task, CallingTask) or task.edits_execution:
            raise TaskFailed("The templated task must be a runnable task")
        return ctx.run_task(task)
