"""`io.kestra.plugin.core.namespace.PurgeFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.kv.values import chosen_namespaces

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class PurgeFiles(RunnableTask):
    """Deletes old versions of files. There are none here: a file that is written again is another file."""

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    namespaces: Templated[list[str] | None] = None
    namespace_pattern: Templated[str | None] = None
    file_pattern: Templated[str | None] = None
    behavior: Templated[dict[str, Any] | None] = None
    include_child_namespaces: Templated[bool] = True

    def run(self, ctx: RunContext) -> dict[str, int]:
        chosen_namespaces(ctx, self.namespaces, self.namespace_pattern, with_children=self.include_child_namespaces)
        ctx.log(LogLevel.INFO, "purged 0 files")
        return {"size": 0}
