"""What the tasks over key-value pairs have in common: which namespace is meant, and what a value is."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from flowrun.engine.input_values import Unparsable, parse_datetime
from flowrun.errors import TaskFailed
from flowrun.model.durations import parse_duration
from flowrun.model.key_values import KeyValue, KVType, checked_key, checked_namespace
from flowrun.model.log import LogLevel
from flowrun.template import to_json, to_text
from flowrun.template.json_text import read_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.model.run_context import RunContext


def own_namespace(ctx: RunContext) -> str:
    """The namespace of the flow."""
    return str(ctx.variables["flow"]["namespace"])


def namespace_of(ctx: RunContext, named: str | None) -> str:
    """The namespace that a task names. Raises `TaskFailed` when it does not exist."""
    return checked_namespace(ctx.kv, named, own_namespace(ctx))


def chosen_namespaces(
    ctx: RunContext, listed: Sequence[str] | None, pattern: str | None, *, with_children: bool
) -> list[str]:
    """The namespaces that a purge looks through, and a line in the log: those listed, those that match, or all.

    Raises `TaskFailed` when both are given.
    """
    known = sorted({own_namespace(ctx), *ctx.kv.namespaces()})
    if listed and pattern:
        raise TaskFailed("Resource fails validation")
    if pattern or not listed:
        chosen = [one for one in known if fnmatchcase(one, pattern or "*")]
    else:
        below = tuple(f"{one}." for one in listed) if with_children else ()
        chosen = list(dict.fromkeys([*listed, *(one for one in known if one.startswith(below))]))
    ctx.log(LogLevel.INFO, f"purging {len(chosen)} namespaces: [{', '.join(chosen)}]")
    return chosen


def write(ctx: RunContext, pair: KeyValue, *, overwrite: bool = True) -> bool:
    """Write a pair; False when it may not be overwritten. Raises `TaskFailed` for what can be no key."""
    checked_key(pair.key)
    return ctx.kv.put(pair, overwrite=overwrite)


def given_value(ctx: RunContext, value: Any, kind: KVType | None) -> Any:
    """The `value` of a task: the result of its template, as the type that is asked for. Raises `TaskFailed`, `TemplateError`."""
    result = ctx.evaluate(value if isinstance(value, str) else to_json(value))
    if isinstance(result, datetime):
        result = to_text(result)
    return result if kind is None or result is None else as_type(result, kind)


def as_type(value: Any, kind: KVType) -> Any:
    """A value as one of the types; only texts are converted. Raises `TaskFailed`."""
    if kind is KVType.STRING:
        return value if isinstance(value, str) else to_text(value)
    return from_text(value, kind) if isinstance(value, str) else value


def from_text(text: str, kind: KVType) -> Any:
    """The value that a text stands for. Raises `TaskFailed`."""
    match kind:
        case KVType.NUMBER:
            return number(text)
        case KVType.BOOLEAN:
            return text.lower() == "true"
        case KVType.DATETIME | KVType.DATE:
            return moment(text)
        case KVType.DURATION:
            return duration(text)
        case KVType.JSON:
            return read_property(text)
    return text


def number(text: str) -> int | float:
    value = read_property(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TaskFailed(f"Cannot deserialize value of type `java.lang.Number` from `{text}`")
    return value


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(parse_datetime(text))
    except Unparsable as problem:
        raise TaskFailed(str(problem)) from problem


def duration(text: str) -> Any:
    try:
        if "P" in text.upper():  # a plain number is none here
            return parse_duration(text)
    except (ValueError, OverflowError):
        pass
    raise TaskFailed("Text cannot be parsed to a Duration")


def missing(key: str, namespace: str) -> TaskFailed:
    """What is said where a pair has to be there."""
    return TaskFailed(f"No value found for key '{key}' in namespace '{namespace}' and `errorOnMissing` is set to true")
