"""`io.kestra.plugin.core.flow.EachSequential`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import ForEachValue
from flowrun.model.properties import Expression, NotEmpty
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task
from flowrun.tasks.flow.for_each import loop_values

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class EachSequential(FlowableTask):
    """One value after the other (deprecated: ForEach)."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.flow.ForEach`"
    output_fields: ClassVar[dict[str, str]] = {}

    value: Annotated[str | list[Any], Expression()]
    tasks: Annotated[list[Task], NotEmpty("The 'tasks' property cannot be empty")]

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:
        return ForEachValue(loop_values(self.value, ctx), self.tasks, 1)
