"""`io.kestra.plugin.core.flow.LoopUntil` (once `WaitFor`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import FlowableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFrequency:
    """The wait between two passes, and what ends the loop although its condition does not hold."""

    interval: Templated[timedelta | None] = timedelta(minutes=1)
    max_iterations: Templated[int | None] = None
    max_duration: Templated[timedelta | None] = None


@dataclass(frozen=True, kw_only=True)
class LoopUntil(FlowableTask):
    """Runs its tasks again and again until `condition` holds."""

    output_fields: ClassVar[dict[str, str]] = {"iterationCount": "integer"}

    tasks: list[Task]
    condition: Templated[str]
    fail_on_max_reached: Templated[bool] = False
    check_frequency: CheckFrequency = field(default_factory=CheckFrequency)

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)
