"""`io.kestra.plugin.core.flow.EachParallel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import AtOnce, enabled
from flowrun.model.properties import Expression, NotEmpty, Templated
from flowrun.model.task import FlowableContext, FlowableTask, Planned, Steps, Task
from flowrun.tasks.flow.for_each import loop_values
from flowrun.tasks.flow.rendered import concurrency

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class EachParallel(FlowableTask):
    """All tasks of all values at once: those of one value do not wait for each other (deprecated: ForEach)."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.flow.ForEach` with `concurrencyLimit: 0`"
    output_fields: ClassVar[dict[str, str]] = {}

    value: Annotated[str | list[Any], Expression()]
    tasks: Annotated[list[Task], NotEmpty()]
    concurrent: Templated[int] = 0

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:
        values = enumerate(loop_values(self.value, ctx))
        planned = [Planned(task, value, number) for number, value in values for task in enabled(self.tasks)]
        return AtOnce(planned, concurrency(self.concurrent, ctx))
