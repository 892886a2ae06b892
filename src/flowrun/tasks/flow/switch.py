"""`io.kestra.plugin.core.flow.Switch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.engine.steps import InOrder
from flowrun.model.properties import Templated
from flowrun.model.task import FlowableContext, FlowableTask, NoBranch, Steps, Task, Unresolvable
from flowrun.template import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Switch(FlowableTask):
    """Runs the case whose key is the rendered `value`, to the letter; else `defaults`."""

    output_fields: ClassVar[dict[str, str]] = {"value": "string", "defaults": "boolean"}

    value: Templated[str]
    cases: dict[str, list[Task]] | None = None
    defaults: list[Task] | None = None

    def children(self) -> Iterator[Task]:
        for tasks in (self.cases or {}).values():
            yield from tasks
        yield from self.defaults or ()

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any]:
        value = self.rendered(ctx)
        return {"value": value, "defaults": value not in self.required_cases()}

    def steps(self, ctx: FlowableContext) -> Steps:
        tasks = self.required_cases().get(self.rendered(ctx), self.defaults)
        if not tasks:
            raise NoBranch
        return InOrder(tasks)

    def rendered(self, ctx: FlowableContext) -> str:
        """The value as text; a list or map that stands there is its JSON."""
        return ctx.render(self.value if isinstance(self.value, str) else to_json(self.value))

    def required_cases(self) -> dict[str, list[Task]]:
        """The cases. Validation lets a Switch without any pass, and the server then fails on it."""
        if self.cases is None:
            raise Unresolvable('Cannot invoke "java.util.Map.get(Object)" because "this.cases" is null')
        return self.cases
