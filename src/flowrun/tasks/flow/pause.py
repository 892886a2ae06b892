"""`io.kestra.plugin.core.flow.Pause`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.model.inputs import Input
from flowrun.model.properties import Alias, Deprecated, Templated
from flowrun.model.task import FlowableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator


class PauseBehavior(StrEnum):
    """What the end of `pauseDuration` means."""

    RESUME = "RESUME"
    WARN = "WARN"
    CANCEL = "CANCEL"
    FAIL = "FAIL"


@dataclass(frozen=True, kw_only=True)
class Pause(FlowableTask):
    """Stops the execution until somebody resumes it, or for `pauseDuration`."""

    output_fields: ClassVar[dict[str, str]] = {"onResume": "object", "resumed": "object"}

    pause_duration: Annotated[Templated[timedelta | None], Alias(("delay",))] = None
    behavior: Templated[PauseBehavior] = PauseBehavior.RESUME
    on_pause: Task | None = None
    on_resume: list[Input] | None = None
    tasks: Annotated[list[Task] | None, Deprecated("put them behind the Pause")] = None

    def children(self) -> Iterator[Task]:
        if self.on_pause:
            yield self.on_pause
        yield from self.tasks or ()
