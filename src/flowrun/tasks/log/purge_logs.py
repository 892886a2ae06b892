"""`io.kestra.plugin.core.log.PurgeLogs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.executions import OutdatedLines, Scope
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.given import log_level, moment

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class PurgeLogs(RunnableTask):
    """Deletes lines that were written by `endDate` from the logs of executions, its own among them."""

    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {"count": "integer"}

    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    execution_id: Templated[str | None] = None
    log_levels: Templated[list[LogLevel] | None] = None
    start_date: Templated[str | None] = None
    end_date: Templated[str]

    def run(self, ctx: RunContext) -> dict[str, int]:
        levels = [log_level(name) for name in self.log_levels or ()]
        start = moment(self.start_date) if self.start_date else None
        scope = Scope(self.namespace, self.flow_id)
        count = 0
        for gone in ctx.executions.purge_log(
            OutdatedLines(scope, self.execution_id, levels, start, moment(self.end_date))
        ):
            count += gone
            if ctx.cancelled:
                break
        return {"count": count}
