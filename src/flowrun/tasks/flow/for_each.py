"""`io.kestra.plugin.core.flow.ForEach`, and how all loops read their values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import ForEachValue
from flowrun.model.properties import AtLeast, Expression, NotEmpty
from flowrun.model.task import FlowableContext, FlowableTask, Steps, Task, Unresolvable
from flowrun.tasks.flow.rendered import deep
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class ForEach(FlowableTask):
    """Runs its tasks once for each value: one value at a time, or `concurrencyLimit` of them (0: all)."""

    output_fields: ClassVar[dict[str, str]] = {}

    values: Annotated[str | list[Any], Expression()]
    tasks: Annotated[list[Task], NotEmpty("The 'tasks' property cannot be empty")]
    concurrency_limit: Annotated[int, AtLeast(0)] = 1

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:
        return ForEachValue(loop_values(self.values, ctx), self.tasks, self.concurrency_limit)


def loop_values(values: Any, ctx: FlowableContext) -> list[str]:
    """The values of a loop as text, each once (flow reference, 5.7). Raises `Unresolvable`, `TemplateError`."""
    if isinstance(values, str):
        elements = [item if item is None else element_text(item) for item in json_list(ctx.render(values))]
    elif isinstance(values, list):
        elements = [rendered_element(item, ctx) for item in values]
    else:
        raise Unresolvable(f"Unknown value type: {type(values).__name__}")
    distinct = dict.fromkeys(elements)
    if None in distinct:  # counted after duplicates are removed, so there is never more than one
        shown = ", ".join("null" if item is None else item for item in elements)
        raise Unresolvable(f"Found '1' null values on Each, with values=[{shown}]")
    return [item for item in distinct if item is not None]


def json_list(text: str) -> list[Any]:
    """The JSON array that a rendered text holds."""
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise Unresolvable(f"Unrecognized token: was expecting a JSON Array ({problem})") from problem
    if not isinstance(value, list):
        raise Unresolvable(f"Cannot deserialize value of type `java.util.ArrayList` from `{text}`")
    return value


def element_text(item: Any) -> str:
    """An element of a JSON array: text stays, everything else is its JSON."""
    return item if isinstance(item, str) else to_json(item)


def rendered_element(item: Any, ctx: FlowableContext) -> str | None:
    """An element of a YAML list: text and whole numbers are rendered, maps deeply; nothing else is allowed."""
    if item is None:
        return None
    if isinstance(item, str):
        return ctx.render(item)
    if isinstance(item, bool | float | list):
        raise Unresolvable(f"Unknown value element type: {type(item).__name__}")
    if isinstance(item, dict):
        return to_json(deep(item, ctx.render))
    return to_text(item)
