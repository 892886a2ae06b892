"""`io.kestra.plugin.core.flow.Dag`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.engine.steps import AfterDependencies
from flowrun.model.properties import NotEmpty, Templated
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task
from flowrun.tasks.flow.rendered import concurrency

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class DagTask:
    """A member of a Dag and the ids of those that must have ended before it."""

    task: Task
    depends_on: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Dag(FlowableTask):
    """Each task starts when all that it depends on have ended."""

    output_fields: ClassVar[dict[str, str]] = {}

    tasks: Annotated[list[DagTask], NotEmpty()]
    concurrent: Templated[int] = 0

    def children(self) -> Iterator[Task]:
        return (member.task for member in self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:
        depends_on = {member.task.id: member.depends_on or [] for member in self.tasks}
        return AfterDependencies(list(self.children()), depends_on, concurrency(self.concurrent, ctx))
