"""`concurrent`: how many tasks may run side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.model.task import Unresolvable

if TYPE_CHECKING:
    from flowrun.model.task import FlowableContext


def concurrency(concurrent: int | str, ctx: FlowableContext) -> int:
    """The rendered number; 0: no limit. Raises `Unresolvable`, `TemplateError`."""
    text = ctx.render(str(concurrent)).strip()
    try:
        return int(text) if text else 0
    except ValueError as problem:
        raise Unresolvable(f'For input string: "{text}"') from problem
