"""`io.kestra.plugin.core.execution.Count`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedFlow:
    """A flow whose executions are counted."""

    namespace: str | None = None
    flow_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Count(Task):
    """Counts executions since a date; the flows for which `expression`, which sees `count`, holds (deprecated)."""

    deprecated: ClassVar[str | None] = "ask the API, or a query of the database, for executions"
    output_fields: ClassVar[dict[str, str]] = {"results": "array", "total": "integer"}

    flows: list[CountedFlow] | None = None
    namespaces: Templated[list[str] | None] = None
    states: Templated[list[StateType] | None] = None
    start_date: Templated[str]
    end_date: Templated[str | None] = None
    expression: str
