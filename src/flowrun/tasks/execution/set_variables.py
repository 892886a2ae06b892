"""`io.kestra.plugin.core.execution.SetVariables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import ExecutionChange, RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class SetVariables(RunnableTask):
    """Merges variables into those of the execution."""

    inline: ClassVar[bool] = True
    edits_execution: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    variables: Templated[dict[str, Any]]
    overwrite: Templated[bool] = True

    def run(self, ctx: RunContext) -> ExecutionChange:
        there = [name for name in self.variables if name in ctx.variables.get("vars", {})]
        if there and not self.overwrite:
            names = ",".join(there)
            raise TaskFailed(f"`overwrite` is set to false and the following variables already exist: {names}")
        return ExecutionChange(variables=self.variables)
