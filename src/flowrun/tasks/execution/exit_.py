"""`io.kestra.plugin.core.execution.Exit`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


class ExitState(StrEnum):
    """How the execution may end."""

    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    KILLED = "KILLED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"  # deprecated: the next one
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, kw_only=True)
class Exit(Task):
    """Ends the execution now, in this state."""

    output_fields: ClassVar[dict[str, str]] = {}

    state: Templated[ExitState] = ExitState.SUCCESS
