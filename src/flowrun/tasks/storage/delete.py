"""`io.kestra.plugin.core.storage.Delete`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.storage import checked_uri
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Delete(RunnableTask):
    """Deletes a file."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string", "deleted": "boolean"}

    uri: Templated[str]
    error_on_missing: Templated[bool] = False

    def run(self, ctx: RunContext) -> dict[str, Any]:
        deleted = bool(ctx.storage.delete(checked_uri(self.uri)))
        if self.error_on_missing and not deleted:
            raise TaskFailed(f"Unable to find file '{self.uri}'")
        return {"uri": self.uri, "deleted": deleted}
