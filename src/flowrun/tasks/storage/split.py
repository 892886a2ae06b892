"""`io.kestra.plugin.core.storage.Split`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.storage.batches import split
from flowrun.tasks.storage.stored import extension_of, keep_file, stored

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Split(RunnableTask):
    """Cuts a file by lines: parts of `bytes` (such as `10MB`) or `rows`, so many `partitions`, or by what a pattern finds."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "array"}

    from_: Templated[str]
    bytes: Templated[str | None] = None
    partitions: Templated[int | None] = None
    rows: Templated[int | None] = None
    regex_pattern: Templated[str | None] = None
    separator: Templated[str] = "\n"

    def run(self, ctx: RunContext) -> dict[str, list[str]]:
        with stored(ctx, self.from_) as file, TemporaryDirectory(prefix="flowrun-") as folder:
            parts = split(file, self, Path(folder))
            return {"uris": [keep_file(ctx, part, extension_of(self.from_)) for part in parts]}
