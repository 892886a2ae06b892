"""`io.kestra.plugin.core.storage.Size`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.storage import checked_uri
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Size(RunnableTask):
    """The size of a file in bytes."""

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    uri: Templated[str]

    def run(self, ctx: RunContext) -> dict[str, int]:
        try:
            return {"size": ctx.storage.size(checked_uri(self.uri))}
        except OSError as problem:
            raise TaskFailed(str(problem.filename)) from problem
