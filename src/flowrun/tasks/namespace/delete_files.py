"""`io.kestra.plugin.core.namespace.DeleteFiles`."""

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
class DeleteFiles(RunnableTask):
    """Deletes the files that match; with `deleteParentFolder` the folders too that are empty then."""

    output_fields: ClassVar[dict[str, str]] = {}

    namespace: Templated[str]
    files: Templated[str | list[str]]
    delete_parent_folder: Templated[bool] = False

    def run(self, ctx: RunContext) -> None:
        for path in matching_files(ctx.storage, self.namespace, listed(self.files)):
            ctx.storage.delete(namespace_uri(self.namespace, path))
            if self.delete_parent_folder:
                self.delete_empty_folders(ctx, path)

    def delete_empty_folders(self, ctx: RunContext, path: str) -> None:
        """Delete the folders around a file in which no file is left."""
        folder = path.rpartition("/")[0]
        while folder and not ctx.storage.files(uri := namespace_uri(self.namespace, folder)):
            ctx.storage.delete(uri)
            folder = folder.rpartition("/")[0]
