"""`io.kestra.plugin.core.namespace.DownloadFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.namespace_files import matching_files
from flowrun.model.properties import Templated
from flowrun.model.storage import namespace_uri
from flowrun.model.task import RunnableTask
from flowrun.tasks.namespace.patterns import listed

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class DownloadFiles(RunnableTask):
    """Copies the files that match into the internal storage. `destination` goes in front of their names there."""

    output_fields: ClassVar[dict[str, str]] = {"files": "object"}

    namespace: Templated[str]
    files: Templated[str | list[str]]
    destination: Templated[str] = ""

    def run(self, ctx: RunContext) -> dict[str, dict[str, str]]:
        kept = {}
        for path in matching_files(ctx.storage, self.namespace, listed(self.files)):
            with ctx.storage.open(namespace_uri(self.namespace, path)) as file:
                kept[path] = ctx.put_file(file, f"{self.destination or ''}{path[1:]}".lstrip("/"))
        return {"files": kept}
