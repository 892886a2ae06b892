"""`io.kestra.plugin.core.storage.Concat`."""

from __future__ import annotations

from dataclasses import dataclass
from shutil import copyfileobj
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.stored import PIECE, keep_file, new_file, stored
from flowrun.template.json_text import read_property
from flowrun.template.values import class_name

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Concat(RunnableTask):
    """Joins files into one."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    files: Templated[str | list[str]]
    separator: Templated[str | None] = None
    extension: Templated[str] = ".tmp"

    def run(self, ctx: RunContext) -> dict[str, str]:
        separator = (self.separator or "").encode()
        with new_file() as path:
            with path.open("wb") as joined:
                for uri in self.uris():
                    with stored(ctx, uri) as file:
                        copyfileobj(file, joined, PIECE)
                    joined.write(separator)
            return {"uri": keep_file(ctx, path, self.extension)}

    def uris(self) -> list[str]:
        """The files, which may be given as JSON text. Raises `TaskFailed`."""
        files = read_property(self.files) if isinstance(self.files, str) else self.files
        if not isinstance(files, list):
            wanted = "java.util.ArrayList<java.lang.String>"
            refusal = f"Cannot deserialize value of type `{wanted}` from `{self.files}`"
            from_text = isinstance(self.files, str)
            raise TaskFailed(refusal if from_text else f"Invalid `files` properties with type '{class_name(files)}'")
        return [str(uri or "") for uri in files]
