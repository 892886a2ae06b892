"""`io.kestra.plugin.core.state.Delete`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.tasks.kv.values import own_namespace
from flowrun.tasks.state.state_task import StateTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Delete(StateTask):
    """Deletes a state."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.kv.Delete`"
    output_fields: ClassVar[dict[str, str]] = {"deleted": "boolean"}

    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> dict[str, bool]:
        deleted = ctx.kv.delete(own_namespace(ctx), self.state_key(ctx))
        if self.error_on_missing and not deleted:
            raise TaskFailed(f"Unable to find the state file '{self.name}'")
        return {"deleted": deleted}
