"""`io.kestra.plugin.core.state.Set`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.key_values import KeyValue
from flowrun.model.properties import Templated
from flowrun.tasks.kv.values import own_namespace, write
from flowrun.tasks.state.state_task import StateTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Set(StateTask):
    """Merges `data` into a state, maps within maps."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.kv.Set`"
    output_fields: ClassVar[dict[str, str]] = {"count": "integer", "key": "string"}

    data: Templated[dict[str, Any] | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:
        data = merged(self.state(ctx) or {}, self.data or {})
        key = self.state_key(ctx)
        write(ctx, KeyValue(own_namespace(ctx), key, data, ctx.now()))
        return {"count": len(data), "key": key}


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two maps in one; of two values that are no maps the one of `above` counts. Nulls are left out."""
    both = dict(below)
    for key, value in above.items():
        before = both.get(key)
        both[key] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return {key: value for key, value in both.items() if value is not None}
