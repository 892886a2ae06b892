"""`io.kestra.plugin.core.kv.Set`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.key_values import KeyValue, KVType
from flowrun.model.properties import Templated, Typed
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import given_value, namespace_of, write

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Set(RunnableTask):
    """Writes the value of a key. Without `kvType` it keeps the type that its template gives."""

    output_fields: ClassVar[dict[str, str]] = {}

    key: Templated[str]
    value: Annotated[Any, Typed()]
    kv_type: Templated[KVType | None] = None
    kv_description: Templated[str | None] = None
    namespace: Templated[str] = "{{ flow.namespace }}"
    overwrite: Templated[bool] = True
    ttl: Templated[timedelta | None] = None

    def run(self, ctx: RunContext) -> None:
        if self.ttl is not None and self.ttl < timedelta():
            raise TaskFailed("ttl cannot be negative")
        value = given_value(ctx, self.value, self.kv_type)
        end = ctx.now() + self.ttl if self.ttl is not None else None
        pair = KeyValue(namespace_of(ctx, self.namespace), self.key, value, ctx.now(), self.kv_description, end)
        if not write(ctx, pair, overwrite=self.overwrite):
            raise TaskFailed(
                f"Cannot set value for key '{self.key}'. Key already exists and `overwrite` is set to `false`."
            )
