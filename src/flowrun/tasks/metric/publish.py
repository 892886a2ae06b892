"""`io.kestra.plugin.core.metric.Publish`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Publish(RunnableTask):
    """Records metrics: a list of `{type, name, value, description, tags}`, of type counter, gauge or timer.

    Nobody collects them here: they are rendered, and that is all.
    """

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    metrics: Templated[list[dict[str, Any]] | None] = None

    def run(self, ctx: RunContext) -> None:
        """Nothing to do."""
