"""`io.kestra.plugin.core.kv.Delete`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.key_values import checked_key
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import missing, namespace_of

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Delete(RunnableTask):
    """Deletes a key."""

    output_fields: ClassVar[dict[str, str]] = {"deleted": "boolean"}

    key: Templated[str]
    namespace: Templated[str] = "{{ flow.namespace }}"
    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> dict[str, bool]:
        namespace = namespace_of(ctx, self.namespace)
        deleted = ctx.kv.delete(namespace, checked_key(self.key))
        if self.error_on_missing and not deleted:
            raise missing(self.key, namespace)
        return {"deleted": deleted}
