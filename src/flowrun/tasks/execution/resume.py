"""`io.kestra.plugin.core.execution.Resume`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.chosen import chosen_execution

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Resume(RunnableTask):
    """Resumes a paused execution; without `executionId` its own (deprecated).

    The `inputs` become outputs of the Pause as they are: the server does not read them as its `onResume` declares them.
    """

    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    execution_id: Templated[str | None] = None
    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    inputs: Templated[dict[str, Any] | None] = None

    def run(self, ctx: RunContext) -> None:
        execution_id = chosen_execution(ctx, self.execution_id, self.namespace, self.flow_id)
        execution = ctx.executions.find(execution_id)
        if execution is None:
            raise TaskFailed(f"No execution found for execution id {execution_id}")
        if execution.current is not StateType.PAUSED or not ctx.executions.resume(execution_id, self.inputs):
            raise TaskFailed("The execution is not paused")
