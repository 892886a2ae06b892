"""Render a task's templated properties and turn them into their declared types (flow reference, 1.4)."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from flowrun.errors import TaskFailed
from flowrun.model.durations import parse_duration
from flowrun.model.properties import Dynamic, Rendered
from flowrun.model.task import Task
from flowrun.template import compile as compile_template
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import DataclassInstance

OBJECT = "Object value (token `JsonToken.START_OBJECT`)"
ARRAY = "Array value (token `JsonToken.START_ARRAY`)"

T = TypeVar("T", bound="DataclassInstance")

PLANS: dict[type, dict[str, Any]] = {}
OBJECTS: dict[type, list[str]] = {}


def render_properties(task: T, variables: Mapping[str, Any], host: Any = None) -> T:
    """The task, or part of one, with every templated property rendered and converted, those of objects in it included.

    Raises `TemplateError`, and `TaskFailed` where a rendered value does not fit.
    """
    changes: dict[str, Any] = {}
    for name, target in templated(type(task)).items():
        value = getattr(task, name)
        if value is not None:
            rendered = render_value(value, target, variables, host)
            if rendered is not value:
                changes[name] = rendered
    for name in objects(type(task)):
        value = getattr(task, name)
        if is_dataclass(value) and not isinstance(value, type):
            rendered = render_properties(value, variables, host)
            if rendered is not value:
                changes[name] = rendered
    return replace(task, **changes) if changes else task


def templated(task_type: type) -> dict[str, Any]:
    """The templated properties of a task type and what they become; `timeout` is the engine's own."""
    if task_type not in PLANS:
        hints = get_type_hints(task_type, include_extras=True)
        names = [field.name for field in fields(task_type) if field.name != "timeout"]
        PLANS[task_type] = {name: get_args(hints[name])[0] for name in names if is_dynamic(hints[name])}
    return PLANS[task_type]


def objects(owner: type) -> list[str]:
    """The properties that may hold an object with properties of its own; those of every task are the engine's."""
    if owner not in OBJECTS:
        hints = get_type_hints(owner, include_extras=True)
        general = {field.name for field in fields(Task)} if issubclass(owner, Task) else set()
        OBJECTS[owner] = [
            field.name
            for field in fields(owner)
            if field.name not in general and any(is_dataclass(option) for option in options_of(bare(hints[field.name])))
        ]
    return OBJECTS[owner]


def bare(hint: Any) -> Any:
    """The type that a hint annotates."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def is_dynamic(hint: Any) -> bool:
    """Whether a property is declared `Templated[…]` or `Rendered`, and not left to the task."""
    marks = hint.__metadata__ if get_origin(hint) is Annotated else ()
    return any(type(mark) is Dynamic or isinstance(mark, Rendered) for mark in marks)


def render_value(value: Any, target: Any, variables: Mapping[str, Any], host: Any) -> Any:
    """One property: text is rendered, then read as its type; lists and maps are rendered item by item."""
    if isinstance(value, str) and not isinstance(value, Enum):
        template = compile_template(value)
        text = value if template.is_plain else template.render(variables, host)
        return convert(text, target, written_as_expression=is_one_expression(value))
    if isinstance(value, list | dict):
        rendered = render_deep(value, lambda text: render_item(text, variables, host))
        if takes_texts(target):
            return [as_text(item) for item in rendered] if isinstance(rendered, list) else rendered
        return to_json(rendered) if takes_text_only(target) else rendered
    return value


def render_item(text: str, variables: Mapping[str, Any], host: Any) -> str | None:
    """A text inside a list or map: one whose template writes nothing becomes null (expression reference, 4.1)."""
    template = compile_template(text)
    rendered = template.render(variables, host)
    return rendered if rendered or template.is_plain else template.evaluate(variables, host)


def takes_text_only(target: Any) -> bool:
    """Whether a property can hold nothing but text: a list or map in its place becomes JSON."""
    return set(options_of(target)) <= {str, types.NoneType}


def takes_texts(target: Any) -> bool:
    """Whether a property can hold nothing but a list of texts."""
    return set(options_of(target)) <= {list[str], types.NoneType}


def as_text(item: Any) -> str:
    """An item of a list of texts. Raises `TaskFailed` for a list or map, in the words of the server."""
    if isinstance(item, list | dict):
        found = OBJECT if isinstance(item, dict) else ARRAY
        raise TaskFailed(
            f"java.lang.IllegalArgumentException: Cannot deserialize value of type `java.lang.String` from {found}"
        )
    return "" if item is None else to_text(item)


def options_of(target: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type."""
    return get_args(target) if get_origin(target) in (Union, types.UnionType) else (target,)


def is_one_expression(text: str) -> bool:
    """Whether the whole property is one `{{ … }}`: its result may then be JSON of a list or map."""
    trimmed = text.strip()
    return trimmed.startswith("{{") and trimmed.endswith("}}")


def render_deep(value: Any, render: Callable[[str], str | None]) -> Any:
    """Keys and texts of a nested value rendered; they stay text, other values stay as they are."""
    if isinstance(value, str):
        return render(value)
    if isinstance(value, list):
        return [render_deep(item, render) for item in value]
    if isinstance(value, dict):
        return {render(str(key)): render_deep(item, render) for key, item in value.items()}
    return value


def convert(text: str, target: Any, *, written_as_expression: bool) -> Any:
    """Text as the declared type. Raises `TaskFailed` in the words of the server's JSON parser."""
    options = options_of(target)
    structured = [option for option in options if (get_origin(option) or option) in (list, dict)]
    if structured and written_as_expression and text.lstrip()[:1] in ("[", "{"):
        return read_json(text)
    for option in options:
        if option is str:
            return text
        if option in CONVERTERS or (isinstance(option, type) and issubclass(option, Enum)):
            return convert_scalar(text, option)
    return read_json(text) if structured else text


def convert_scalar(text: str, target: Any) -> Any:
    """Text as a number, boolean, duration or constant; empty text is null for all but text."""
    if not text:
        return None
    try:
        return CONVERTERS[target](text) if target in CONVERTERS else target(text)
    except (ValueError, KeyError) as problem:
        raise unrecognized(text) from problem


def read_json(text: str) -> Any:
    """JSON text as data."""
    import json

    try:
        return json.loads(text)
    except ValueError as problem:
        raise unrecognized(text) from problem


def unrecognized(text: str) -> TaskFailed:
    """What the server says of a value that does not fit its property."""
    return TaskFailed(f"com.fasterxml.jackson.core.JsonParseException: Unrecognized token '{text}'")


CONVERTERS: dict[Any, Callable[[str], Any]] = {
    int: int,
    float: float,
    bool: lambda text: {"true": True, "false": False}[text],
    timedelta: parse_duration,
}
