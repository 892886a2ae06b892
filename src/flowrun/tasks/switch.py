"""`io.kestra.plugin.core.flow.Switch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.engine.steps import InOrder
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task, Unresolvable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Switch(FlowableTask):
    """Runs the case whose key is the rendered `value`, to the letter; else `defaults`."""

    value: str
    cases: dict[str, list[Task]] | None = None
    defaults: list[Task] | None = None

    def children(self) -> Iterator[Task]:
        for tasks in (self.cases or {}).values():
            yield from tasks
        yield from self.defaults or ()

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any]:
        value = ctx.render(self.value)
        return {"value": value, "defaults": value not in (self.cases or {})}

    def steps(self, ctx: FlowableContext) -> Steps:
        tasks = (self.cases or {}).get(ctx.render(self.value), self.defaults)
        if not tasks:
            raise Unresolvable(f"No task found on flow for task {self.id}")
        return InOrder(tasks)
