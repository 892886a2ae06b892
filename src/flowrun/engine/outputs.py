"""The outputs of a flow: rendered and typed when its main work has ended (flow reference, 10.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.engine.inputs import typed_value
from flowrun.errors import StartRefused, TemplateError
from flowrun.model.inputs import Input
from flowrun.template import evaluate, render, to_text
from flowrun.template.hash_order import hash_ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flowrun.model.flow import Output
    from flowrun.template import Host


STRUCTURED = frozenset({"ARRAY", "JSON", "MULTISELECT", "YAML"})
"""The types whose values are lists or maps."""


def render_outputs(
    declared: Iterable[Output], variables: Mapping[str, Any], host: Host | None
) -> tuple[dict[str, Any], list[str]]:
    """The outputs by id, and a warning for each optional one that can't be rendered. Raises `FlowrunError`."""
    outputs, warnings = each(declared, lambda one: render_output(one, variables, host))
    return {key: value for key, value in outputs.items() if value is not None}, warnings


def write_outputs(
    declared: Sequence[Output], variables: Mapping[str, Any], host: Host | None
) -> tuple[dict[str, Any], list[str]]:
    """The outputs as a ForEachItem collects them: what their templates write, types left aside.

    As on the server those that are required come first, in the order of Java's map, then the optional ones as they are
    declared. Warnings as in `render_outputs`. Raises `TemplateError`.
    """
    outputs, warnings = each(declared, lambda one: render_inner(one.value, variables, host))
    required = hash_ordered((one.id, outputs[one.id]) for one in declared if one.required)
    return {**required, **outputs}, warnings


def each(declared: Iterable[Output], render_one: Callable[[Output], Any]) -> tuple[dict[str, Any], list[str]]:
    """Every output by id. An optional one that can't be rendered is None, with a warning."""
    outputs: dict[str, Any] = {}
    warnings = []
    for one in declared:
        try:
            outputs[one.id] = render_one(one)
        except TemplateError:
            if one.required:
                raise
            warnings.append(f"Failed to render optional flow output '{one.id}'. Output is ignored.")
            outputs[one.id] = None
    return outputs, warnings


def render_output(one: Output, variables: Mapping[str, Any], host: Host | None) -> Any:
    """One output, as its type. Raises `TemplateError`, `StartRefused`."""
    value = render_value(one.value, variables, host)
    if isinstance(one.value, str) and isinstance(value, dict | list) and one.type not in STRUCTURED:
        value = render(one.value, variables, host)  # what is written as text is JSON, what is written as YAML is not
    if value is None:
        if one.required:
            raise StartRefused(f"Missing required output:{one.id}")
        return None
    if one.type == "ARRAY":
        return value if isinstance(value, list) else typed_value(Input(id=one.id, type="JSON"), value, kind="output")
    return typed_value(Input(id=one.id, type=one.type), value, kind="output")


def render_value(value: Any, variables: Mapping[str, Any], host: Host | None) -> Any:
    """Every template in a value, at any depth. A text that is all of the value keeps the type of its expression."""
    return evaluate(value, variables, host) if isinstance(value, str) else render_inner(value, variables, host)


def render_inner(value: Any, variables: Mapping[str, Any], host: Host | None) -> Any:
    """As `render_value`, but what a template writes stays text; one that writes nothing is None."""
    if isinstance(value, str):
        text = render(value, variables, host)
        return None if not text and evaluate(value, variables, host) is None else text
    if isinstance(value, list):
        return [render_inner(item, variables, host) for item in value]
    if isinstance(value, dict):
        return {
            render(to_text(key), variables, host): render_inner(item, variables, host) for key, item in value.items()
        }
    return value
