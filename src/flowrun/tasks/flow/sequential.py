"""`io.kestra.plugin.core.flow.Sequential`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.engine.steps import InOrder
from flowrun.model.properties import NotEmpty
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Sequential(FlowableTask):
    """One task after the other; stops at the first that fails."""

    output_fields: ClassVar[dict[str, str]] = {}

    tasks: Annotated[list[Task], NotEmpty("The 'tasks' property cannot be empty")]

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:  # noqa: ARG002
        return InOrder(self.tasks)
