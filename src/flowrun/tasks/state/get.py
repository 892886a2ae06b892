"""`io.kestra.plugin.core.state.Get`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.tasks.state.state_task import StateTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Get(StateTask):
    """Reads a state; one that is not there is an empty map."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.kv.Get`"
    output_fields: ClassVar[dict[str, str]] = {"count": "integer", "data": "object"}

    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> dict[str, Any]:
        data = self.state(ctx)
        if data is None and self.error_on_missing:
            raise TaskFailed(f"State {self.state_key(ctx)} not found")
        return {"count": len(data or {}), "data": data or {}}
