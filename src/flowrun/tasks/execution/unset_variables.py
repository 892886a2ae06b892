"""`io.kestra.plugin.core.execution.UnsetVariables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import ExecutionChange, RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class UnsetVariables(RunnableTask):
    """Removes variables of the execution; dots lead into nested ones."""

    inline: ClassVar[bool] = True
    edits_execution: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    variables: Templated[list[str]]
    ignore_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> ExecutionChange:
        paths = [name.split(".") for name in self.variables]
        for path in paths:
            holder = ctx.variables.get("vars", {})
            for key in path[:-1]:
                holder = holder.get(key) if isinstance(holder, dict) else None
            if not isinstance(holder, dict) and not self.ignore_missing:
                raise TaskFailed("")  # the server's log says nothing of it
        return ExecutionChange(removed=paths)
