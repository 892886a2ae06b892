"""`io.kestra.plugin.core.log.PurgeLogs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeLogs(Task):
    """Deletes old log lines."""

    output_fields: ClassVar[dict[str, str]] = {"count": "integer"}

    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    execution_id: Templated[str | None] = None
    log_levels: Templated[list[LogLevel] | None] = None
    start_date: Templated[str | None] = None
    end_date: Templated[str]
