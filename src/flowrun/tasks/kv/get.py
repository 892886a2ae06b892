"""`io.kestra.plugin.core.kv.Get`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.key_values import look_up
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import missing, namespace_of, own_namespace
from flowrun.template import to_text

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Get(RunnableTask):
    """Reads the value of a key; one of the flow's own namespace is looked for in those around it too."""

    output_fields: ClassVar[dict[str, str]] = {"value": "any"}

    key: Templated[str]
    namespace: Templated[str] = "{{ flow.namespace }}"
    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> dict[str, Any]:
        namespace = namespace_of(ctx, self.namespace)
        found = look_up(ctx.kv, namespace, self.key, ctx.now(), above=namespace == own_namespace(ctx))
        if found is None and self.error_on_missing:
            raise missing(self.key, namespace)
        return {} if found is None or found.value is None else {"value": as_output(found.value)}


def as_output(value: Any) -> Any:
    """A value as the server keeps it in outputs: moments and days are texts, durations are seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return to_text(value) if isinstance(value, date) else value
