"""`io.kestra.plugin.core.storage.LocalFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class LocalFiles(RunnableTask):
    """Writes files into the working directory and stores files of it (deprecated: `inputFiles`, `outputFiles`)."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "object"}

    inputs: Templated[dict[str, str] | str | None] = None
    outputs: Templated[list[str] | None] = None

    def run(self, ctx: RunContext) -> dict[str, dict[str, str]]:
        ctx.write_input_files({} if self.inputs is None else self.inputs)
        return {"uris": ctx.capture_output_files(self.outputs or [])}
