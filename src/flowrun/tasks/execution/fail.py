"""`io.kestra.plugin.core.execution.Fail`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.engine.conditions import holds
from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Fail(RunnableTask):
    """Fails, always or when `condition` holds."""

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    condition: Templated[str | None] = None
    error_message: Templated[str | None] = "Task failure"

    def run(self, ctx: RunContext) -> None:
        message = self.error_message or "Task failure"
        if self.condition is None:
            raise TaskFailed(message)
        if holds(self.condition):
            ctx.log(LogLevel.ERROR, message)
            raise TaskFailed("Fail on a condition")
