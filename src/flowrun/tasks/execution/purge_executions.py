"""`io.kestra.plugin.core.execution.PurgeExecutions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.executions import Outdated, Parts, Scope
from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.given import moment, state_type

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class PurgeExecutions(RunnableTask):
    """Deletes executions that ended by `endDate`, and what belongs to them. Metrics are not kept, so there are none to delete."""

    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {
        "executionsCount": "integer",
        "logsCount": "integer",
        "storagesCount": "integer",
        "metricsCount": "integer",
    }

    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    start_date: Templated[str | None] = None
    end_date: Templated[str]
    states: Templated[list[StateType] | None] = None
    purge_execution: Templated[bool] = True
    purge_log: Templated[bool] = True
    purge_metric: Templated[bool] = True
    purge_storage: Templated[bool] = True
    batch_size: Templated[int] = 100

    def run(self, ctx: RunContext) -> dict[str, int]:
        parts = Parts(self.purge_execution, self.purge_log, self.purge_storage)
        counts = dict.fromkeys(self.output_fields, 0)
        outdated = self.outdated()
        if self.batch_size < 1:
            raise TaskFailed(f"size > 0 required but it was {self.batch_size}")
        for purged in ctx.executions.purge(outdated, parts, self.batch_size):
            counts["executionsCount"] += purged.executions
            counts["logsCount"] += purged.lines
            counts["storagesCount"] += purged.files[-1] if purged.files else 0  # the server counts no others of a batch
            if ctx.cancelled:
                break
        return counts

    def outdated(self) -> Outdated:
        """The executions that are meant. Raises `TaskFailed`."""
        start = moment(self.start_date) if self.start_date else None
        states = [state_type(name) for name in self.states or ()]
        return Outdated(Scope(self.namespace, self.flow_id), states, start, moment(self.end_date))
