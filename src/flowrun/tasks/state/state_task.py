"""What the tasks over states have in common. A state is a map that is kept as a key-value pair of the namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import own_namespace
from flowrun.tasks.state.murmur3 import murmur3

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class StateTask(RunnableTask):
    """Which state is meant: that of the flow or of the namespace, of a loop's value or not."""

    name: Templated[str] = "default"
    namespace: Templated[bool] = False
    taskrun_value: Templated[bool] = True

    def state_key(self, ctx: RunContext) -> str:
        """The key of the pair."""
        value = ctx.variables["taskrun"].get("value") if self.taskrun_value else None
        flow = "" if self.namespace else f"{ctx.variables['flow']['id']}_"
        return f"{flow}states_tasks-states_{self.name}{'' if value is None else f'_{murmur3(value)}'}"

    def state(self, ctx: RunContext) -> dict[str, Any] | None:
        """The map; None when there is none."""
        found = ctx.kv.get(own_namespace(ctx), self.state_key(ctx))
        return None if found is None else dict(found.value)
