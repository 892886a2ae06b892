"""`io.kestra.plugin.core.execution.Exit`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.state import StateType
from flowrun.model.task import ExecutionChange, RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


class ExitState(StrEnum):
    """How the execution may end."""

    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    KILLED = "KILLED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"  # deprecated: the next one
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, kw_only=True)
class Exit(RunnableTask):
    """Ends the execution now, in this state."""

    inline: ClassVar[bool] = True
    edits_execution: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    state: Templated[ExitState] = ExitState.SUCCESS

    def run(self, ctx: RunContext) -> ExecutionChange:  # noqa: ARG002
        canceled = self.state == ExitState.CANCELED
        return ExecutionChange(end=StateType.CANCELLED if canceled else StateType(self.state))
