"""`io.kestra.plugin.core.execution.Count`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.executions import Wanted
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.given import moment, state_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedFlow:
    """A flow whose executions are counted."""

    namespace: str | None = None
    flow_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Count(RunnableTask):
    """Counts executions since a date; the flows for which `expression`, which sees `count`, holds (deprecated)."""

    deprecated: ClassVar[str | None] = "ask the API, or a query of the database, for executions"
    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {"results": "array", "total": "integer"}

    flows: list[CountedFlow] | None = None
    namespaces: Templated[list[str] | None] = None
    states: Templated[list[StateType] | None] = None
    start_date: Templated[str]
    end_date: Templated[str | None] = None
    expression: str

    def run(self, ctx: RunContext) -> dict[str, Any]:
        if self.flows is None and self.namespaces is None:
            raise TaskFailed("You must provide a list of flows or namespaces.")
        counts = list(self.counts(ctx))
        ctx.log(LogLevel.TRACE, f"{len(counts)} flows matching filters")
        results = [one for one in counts if ctx.render(self.expression, {"count": one["count"]}) == "true"]
        ctx.log(LogLevel.DEBUG, f"{len(results)} flows matching the expression")
        return {"results": results, "total": sum(one["count"] for one in results)}

    def counts(self, ctx: RunContext) -> Iterator[dict[str, Any]]:
        """Each flow with its number, then each namespace in which there is an execution."""
        states = [state_type(name) for name in self.states or ()]
        start, end = moment(self.start_date), moment(self.end_date) if self.end_date else None
        for flow in self.flows or ():
            number = 0
            if flow.namespace and flow.flow_id:
                number = ctx.executions.count(Wanted(flow.namespace, flow.flow_id, states, start, end))
            named = {"namespace": flow.namespace, "flowId": flow.flow_id, "count": number}
            yield {key: value for key, value in named.items() if value is not None}
        for namespace in dict.fromkeys(self.namespaces or ()):
            if number := ctx.executions.count(Wanted(namespace, None, states, start, end)):
                yield {"namespace": namespace, "count": number}
