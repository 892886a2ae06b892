"""`io.kestra.plugin.core.flow.Switch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import InOrder
from flowrun.model.properties import Expression
from flowrun.model.task import FlowableContext, FlowableTask, NoBranch, Steps, Task, Unresolvable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Switch(FlowableTask):
    """Runs the case whose key is the rendered `value`, to the letter; else `defaults`."""

    output_fields: ClassVar[dict[str, str]] = {"value": "string", "defaults": "boolean"}

    value: Annotated[str, Expression()]
    cases: dict[str, list[Task]] | None = None
    defaults: list[Task] | None = None

    def children(self) -> Iterator[Task]:
        for tasks in (self.cases or {}).values():
            yield from tasks
        yield from self.defaults or ()

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any]:
        value = ctx.render(self.value)
        return {"value": value, "defaults": value not in self.required_cases()}

    def steps(self, ctx: FlowableContext) -> Steps:
        tasks = self.required_cases().get(ctx.render(self.value), self.defaults)
        if not tasks:
            raise NoBranch
        return InOrder(tasks)

    def required_cases(self) -> dict[str, list[Task]]:
        """The cases. Validation lets a Switch without any pass, and the server then fails on it."""
        if self.cases is None:
            raise Unresolvable('Cannot invoke "java.util.Map.get(Object)" because "this.cases" is null')
        return self.cases
