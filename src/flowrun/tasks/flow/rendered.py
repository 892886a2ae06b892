"""Properties of flowables as their types. All functions raise `Unresolvable` and `TemplateError`.

What the engine runs itself has its properties rendered when it decides, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.model.durations import parse_duration
from flowrun.model.task import Unresolvable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from flowrun.model.task import FlowableContext


def concurrency(concurrent: int | str, ctx: FlowableContext) -> int:
    """How many tasks may run side by side; 0: no limit."""
    text = ctx.render(str(concurrent)).strip()
    try:
        return int(text) if text else 0
    except ValueError as problem:
        raise Unresolvable(f'For input string: "{text}"') from problem


def duration(value: timedelta | str | None, ctx: FlowableContext) -> timedelta | None:
    """A duration; None for none, and for a template that writes nothing."""
    if not isinstance(value, str):
        return value
    text = ctx.render(value)
    try:
        return parse_duration(text.strip()) if text else None
    except ValueError as problem:
        raise unrecognized(text) from problem


def whole_number(value: int | str | None, ctx: FlowableContext) -> int | None:
    """A whole number; None as in `duration`."""
    if not isinstance(value, str):
        return value
    text = ctx.render(value)
    try:
        return int(text) if text else None
    except ValueError as problem:
        raise unrecognized(text) from problem


def flag(value: bool | str | None, ctx: FlowableContext) -> bool:  # noqa: FBT001 - it may be the property as written
    """Whether a property is true."""
    return (ctx.render(value).strip() == "true") if isinstance(value, str) else bool(value)


def deep(value: Any, render: Callable[[str], Any]) -> Any:
    """Keys and texts of a nested value rendered; they stay text, other values stay as they are."""
    if isinstance(value, str):
        return render(value)
    if isinstance(value, list):
        return [deep(item, render) for item in value]
    if isinstance(value, dict):
        return {render(str(key)): deep(item, render) for key, item in value.items()}
    return value


def unrecognized(text: str) -> Unresolvable:
    """What the server says of a value that does not fit its property."""
    return Unresolvable(f"com.fasterxml.jackson.core.JsonParseException: Unrecognized token '{text}'")
