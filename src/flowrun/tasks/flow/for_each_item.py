"""`io.kestra.plugin.core.flow.ForEachItem`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.model.properties import Expression, GivenLabels, NotEmpty, Templated
from flowrun.model.task import FlowableTask, Task
from flowrun.tasks.flow.subflow import RestartBehavior

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How the file is cut: by lines, by size or into a number of parts."""

    rows: Templated[int | None] = None
    bytes: Templated[str | None] = None
    partitions: Templated[int | None] = None
    separator: Templated[str] = "\n"
    regex_pattern: Templated[str | None] = None


@dataclass(frozen=True, kw_only=True)
class ForEachItem(FlowableTask):
    """Cuts a file into batches and runs a flow for each of them."""

    output_fields: ClassVar[dict[str, str]] = {}

    items: Annotated[str, NotEmpty(), Expression()]
    batch: Batch = field(default_factory=Batch)
    namespace: Annotated[str, NotEmpty(), Expression()]
    flow_id: Annotated[str, NotEmpty(), Expression()]
    revision: int | None = None
    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    labels: Annotated[Templated[Any], GivenLabels()] = None
    wait: bool = True
    transmit_failed: bool = True
    inherit_labels: bool = False
    schedule_date: Templated[datetime | None] = None
    restart_behavior: RestartBehavior = RestartBehavior.RETRY_FAILED
    tasks: list[Task] | None = None
    """Taken by the server, and without effect."""

    def children(self) -> Iterator[Task]:
        return iter(())
