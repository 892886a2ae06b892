"""`io.kestra.plugin.core.execution.Assert`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from flowrun.engine.conditions import holds
from flowrun.errors import TaskFailed, TemplateError
from flowrun.model.log import LogLevel
from flowrun.model.properties import Expression, Templated
from flowrun.model.task import RunnableTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Assert(RunnableTask):
    """Fails unless every condition holds; tries them all, and says which did not."""

    inline: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    conditions: Annotated[list[str], Expression()]
    error_message: Templated[str | None] = None

    def run(self, ctx: RunContext) -> None:
        failed = sum(not self.passes(condition, ctx) for condition in self.conditions)
        if failed:
            count = "1 assertion failed!" if failed == 1 else f"{failed} assertions failed!"
            raise TaskFailed(f"{count}\n{self.error_message}" if self.error_message else count)

    def passes(self, condition: str, ctx: RunContext) -> bool:
        """Whether one condition holds; a line in the log when not."""
        try:
            if holds(ctx.render(condition)):
                return True
            ctx.log(LogLevel.ERROR, f"Assertion `{condition}` failed!")
        except TemplateError as problem:
            ctx.log(LogLevel.ERROR, f"Assertion `{condition}` failed, failed to render `{problem}`")
        return False
