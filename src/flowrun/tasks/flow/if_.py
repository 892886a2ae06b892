"""`io.kestra.plugin.core.flow.If`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.conditions import holds
from flowrun.engine.steps import InOrder
from flowrun.model.properties import Expression, NotEmpty
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class If(FlowableTask):
    """Runs `then` when `condition` holds, else `else`. A missing condition does not hold."""

    output_fields: ClassVar[dict[str, str]] = {"evaluationResult": "boolean"}

    condition: Annotated[str | None, Expression()] = None
    then: Annotated[list[Task], NotEmpty()]
    else_: list[Task] | None = None

    def children(self) -> Iterator[Task]:
        yield from self.then
        yield from self.else_ or ()

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any]:
        return {"evaluationResult": self.condition is not None and holds(ctx.render(self.condition))}

    def steps(self, ctx: FlowableContext) -> Steps:
        return InOrder(self.then if self.outputs(ctx)["evaluationResult"] else self.else_)
