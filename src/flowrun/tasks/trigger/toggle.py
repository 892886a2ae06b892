"""`io.kestra.plugin.core.trigger.Toggle`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.model.properties import Expression
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Toggle(RunnableTask):
    """Switches a trigger on, or by default off."""

    output_fields: ClassVar[dict[str, str]] = {}

    trigger: Annotated[str, Expression()]
    flow_id: Annotated[str | None, Expression()] = None
    namespace: Annotated[str | None, Expression()] = None
    enabled: bool = False

    def run(self, ctx: RunContext) -> None:
        own = ctx.variables["flow"]
        namespace = own["namespace"] if self.namespace is None else ctx.render(self.namespace)
        flow_id = own["id"] if self.flow_id is None else ctx.render(self.flow_id)
        ctx.executions.switch(namespace, flow_id, ctx.render(self.trigger), enabled=self.enabled)
