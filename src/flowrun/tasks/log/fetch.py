"""`io.kestra.plugin.core.log.Fetch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Fetch(Task):
    """Writes the log of an execution, its own by default, into a file."""

    deprecated: ClassVar[str | None] = "ask the API for the log"
    output_fields: ClassVar[dict[str, str]] = {"size": "integer", "uri": "string"}

    execution_id: Templated[str | None] = None
    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    tasks_id: Templated[list[str] | None] = None
    level: Templated[LogLevel] = LogLevel.INFO
