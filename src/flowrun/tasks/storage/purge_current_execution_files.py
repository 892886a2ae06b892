"""`io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class PurgeCurrentExecutionFiles(RunnableTask):
    """Deletes the files of the running execution."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "array"}

    def run(self, ctx: RunContext) -> dict[str, list[str]]:
        return {"uris": ctx.storage.delete(ctx.execution_folder)}
