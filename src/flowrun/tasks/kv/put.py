"""`io.kestra.plugin.core.kv.Put`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.key_values import KeyValue
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import missing, namespace_of, write
from flowrun.template import to_json

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Put(RunnableTask):
    """Writes the value of a key as text; with `errorOnMissing` only over one that is there."""

    output_fields: ClassVar[dict[str, str]] = {}

    key: Templated[str]
    value: Templated[Any]
    namespace: Templated[str] = "{{ flow.namespace }}"
    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> None:
        namespace = namespace_of(ctx, self.namespace)
        if self.error_on_missing and ctx.kv.get(namespace, self.key) is None:
            raise missing(self.key, namespace)
        value = self.value if isinstance(self.value, str) else to_json(self.value)
        write(ctx, KeyValue(namespace, self.key, value, ctx.now()))
