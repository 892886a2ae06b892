"""`io.kestra.plugin.core.kv.GetKeys`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import namespace_of

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class GetKeys(RunnableTask):
    """Lists the keys that begin with `prefix`."""

    output_fields: ClassVar[dict[str, str]] = {"keys": "array"}

    prefix: Templated[str | None] = None
    namespace: Templated[str] = "{{ flow.namespace }}"

    def run(self, ctx: RunContext) -> dict[str, list[str]]:
        now, prefix = ctx.now(), self.prefix or ""
        pairs = ctx.kv.pairs(namespace_of(ctx, self.namespace))
        return {"keys": [pair.key for pair in pairs if pair.key.startswith(prefix) and not pair.expired(now)]}
