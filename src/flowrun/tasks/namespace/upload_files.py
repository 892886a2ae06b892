"""`io.kestra.plugin.core.namespace.UploadFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.storage import checked_uri, namespace_uri
from flowrun.model.task import RunnableTask
from flowrun.template.json_text import read_property

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from flowrun.model.run_context import RunContext


class Conflict(StrEnum):
    """What happens to a file that is there already."""

    OVERWRITE = "OVERWRITE"
    ERROR = "ERROR"
    SKIP = "SKIP"


@dataclass(frozen=True, kw_only=True)
class UploadFiles(RunnableTask):
    """Stores files of the working directory, or of the internal storage, in a namespace."""

    output_fields: ClassVar[dict[str, str]] = {}

    namespace: Templated[str]
    files: Templated[list[str] | None] = None
    files_map: Templated[dict[str, str] | str | None] = None
    destination: Templated[str] = "/"
    conflict: Templated[Conflict] = Conflict.OVERWRITE

    def run(self, ctx: RunContext) -> None:
        if self.files is None and self.files_map is None:
            raise TaskFailed("files or filesMap is required")
        for name, path in ctx.working_files(self.files or []).items():
            with path.open("rb") as file:
                self.upload(ctx, f"{self.destination.rstrip('/')}/{name}", file)
        for name, uri in self.sources():
            try:
                opened = ctx.storage.open(checked_uri(uri))
            except FileNotFoundError:
                continue  # passed over, as the server does
            with opened as file:
                self.upload(ctx, self.destination + name, file)

    def sources(self) -> Iterator[tuple[str, str]]:
        """Paths and URIs of `filesMap`. Raises `TaskFailed`."""
        given: Any = read_property(self.files_map) if isinstance(self.files_map, str) else self.files_map or {}
        if not isinstance(given, dict) or not all(isinstance(uri, str) for uri in given.values()):
            raise TaskFailed("filesMap must be a Map<String, String>")
        return iter(given.items())

    def upload(self, ctx: RunContext, path: str, file: BinaryIO) -> None:
        """Store one file, unless it is there and is to stay. Raises `TaskFailed`."""
        path = f"/{path.lstrip('/')}"
        uri = checked_uri(namespace_uri(self.namespace, path))
        if self.conflict is not Conflict.OVERWRITE and ctx.storage.exists(uri):
            if self.conflict is Conflict.ERROR:
                raise TaskFailed(
                    f"File '{path}' already exists in namespace '{self.namespace}' and conflict is set to ERROR"
                )
            return
        ctx.storage.put(uri, file)
