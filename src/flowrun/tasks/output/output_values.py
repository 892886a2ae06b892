"""`io.kestra.plugin.core.output.OutputValues`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class OutputValues(RunnableTask):
    """Gives the rendered map as its output `values`."""

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {"values": "object"}

    values: Templated[dict[str, Any] | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:  # noqa: ARG002
        return {"values": self.values}
