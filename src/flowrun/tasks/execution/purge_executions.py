"""`io.kestra.plugin.core.execution.PurgeExecutions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeExecutions(Task):
    """Deletes old executions and what belongs to them."""

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
