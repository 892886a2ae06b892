"""`io.kestra.plugin.core.flow.Parallel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.engine.steps import AtOnce, enabled
from flowrun.model.properties import NotEmpty, Templated
from flowrun.model.task import FlowableContext, FlowableTask, Planned, Steps, Task
from flowrun.tasks.flow.rendered import concurrency

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Parallel(FlowableTask):
    """All tasks at the same time, or at most `concurrent` of them (0: no limit)."""

    output_fields: ClassVar[dict[str, str]] = {}

    tasks: Annotated[list[Task], NotEmpty()]
    concurrent: Templated[int] = 0

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:
        return AtOnce([Planned(task) for task in enabled(self.tasks)], concurrency(self.concurrent, ctx))
