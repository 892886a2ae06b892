"""Node → value, one reader for each kind of property. What does not fit is reported and gives `INVALID`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flowrun.diagnostics import did_you_mean
from flowrun.loading.messages import unreadable, violation
from flowrun.loading.scalars import java_text
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, plain
from flowrun.model.durations import parse_duration

if TYPE_CHECKING:
    from enum import Enum

    from flowrun.diagnostics import Span
    from flowrun.loading.build import Builder
    from flowrun.loading.tree import Node
    from flowrun.model.registry import TypeKind


class Invalid:
    """The one value of this class, `INVALID`, stands where a value could not be read."""


INVALID = Invalid()

INT_LIMIT = 2**31


class Reader(Protocol):
    """Turns the node at a path into a value, or into `INVALID` with a diagnostic."""

    def __call__(self, builder: Builder, node: Node, path: str) -> Any: ...


def read_plain(builder: Builder, node: Node, path: str) -> Any:  # noqa: ARG001
    """Any data."""
    return plain(node)


def read_dynamic(builder: Builder, node: Node, path: str) -> Any:  # noqa: ARG001
    """A value that is rendered later: a scalar as its text, lists and maps as they are."""
    return node.text if isinstance(node, Scalar) else plain(node)


def read_text(builder: Builder, node: Node, path: str) -> Any:
    """Text; numbers and booleans are printed."""
    return node.text if isinstance(node, Scalar) else builder.misfit(node, path, "text", "java.lang.String")


def read_bool(builder: Builder, node: Node, path: str) -> Any:
    """`true` or `false`, also as text; a number is true unless it is 0."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, (bool, int)):
        return bool(value)
    words = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False, "": False}
    if isinstance(value, str) and value.strip() in words:
        return words[value.strip()]
    return builder.misfit(node, path, "true or false", "java.lang.Boolean", detail='only "true" or "false" recognized')


def read_int(builder: Builder, node: Node, path: str) -> Any:
    """A whole number of 32 bits, also as text; a decimal one loses its fraction."""
    number = _number(node, int)
    if number is not None and -INT_LIMIT <= number < INT_LIMIT:
        return int(number)
    return builder.misfit(
        node, path, "a whole number", "java.lang.Integer", detail="not a valid `java.lang.Integer` value"
    )


def read_float(builder: Builder, node: Node, path: str) -> Any:
    """A number, also as text."""
    number = _number(node, float)
    if number is not None:
        return float(number)
    return builder.misfit(node, path, "a number", "java.lang.Double", detail="not a valid `Double` value")


def _number(node: Node, parse: type[int | float]) -> int | float | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if abs(value) < 1e300 else None
    try:
        return parse(value) if isinstance(value, str) and "_" not in value else None
    except ValueError:
        return None


def read_duration(builder: Builder, node: Node, path: str) -> Any:
    """ISO-8601 (`PT1H30M`) or a number of seconds."""
    text = node.text if isinstance(node, Scalar) and not isinstance(node.value, bool) else None
    try:
        if text is not None:
            return parse_duration(text.strip())
    except (ValueError, OverflowError):
        pass
    hint = "write `PT30S`, `PT5M`, `PT1H30M`, `P1D` or a number of seconds"
    return builder.misfit(
        node, path, "a duration", "java.time.Duration", detail="Text cannot be parsed to a Duration", hint=hint
    )


@dataclass(frozen=True, slots=True)
class OptionalReader:
    """A number or duration that may be absent: an empty text is none."""

    item: Reader

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        return None if isinstance(node, Scalar) and node.value == "" else self.item(builder, node, path)


@dataclass(frozen=True, slots=True)
class EnumReader:
    """One of the values of an enumeration, letter for letter."""

    enum: type[Enum]

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        text = node.text if isinstance(node, Scalar) else None
        if text is not None and text.isascii() and text.isdigit() and len(text) < 3 and int(text) < len(self.enum):
            return list(self.enum)[int(text)]  # the server's parser takes the place in the list, too
        try:
            return self.enum(text)
        except ValueError:
            names = [str(each.value) for each in self.enum]
            detail = f"not one of the values accepted for Enum class: [{', '.join(names)}]"
            hint = did_you_mean(text, names) if text else None
            return builder.misfit(
                node, path, f"one of {', '.join(names)}", self.enum.__name__, detail=detail, hint=hint
            )


@dataclass(frozen=True, slots=True)
class ListReader:
    """A list; members that cannot be read make it `INVALID`, after all have been looked at."""

    item: Reader

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        if not isinstance(node, Sequence):
            return builder.misfit(node, path, "a list", "java.util.ArrayList")
        values = [self.item(builder, each, f"{path}[{number}]") for number, each in enumerate(node.items)]
        return INVALID if any(value is INVALID for value in values) else values


@dataclass(frozen=True, slots=True)
class MapReader:
    """A map with texts as keys."""

    value: Reader

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return builder.misfit(node, path, "a map", "java.util.LinkedHashMap")
        values = {key: self.value(builder, entry.value, child_path(path, key)) for key, entry in node.entries.items()}
        return INVALID if any(value is INVALID for value in values.values()) else values


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """A map that fills a dataclass."""

    cls: type

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return builder.misfit(node, path, "a map", self.cls.__name__)
        return builder.build(self.cls, node, path)


@dataclass(frozen=True, slots=True)
class TypedReader:
    """A task, trigger or condition: `type` names its class."""

    kind: TypeKind
    base: type

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return builder.misfit(node, path, f"a {self.kind.value}", f"io.kestra.core.models.{self.base.__name__}")
        return builder.build_typed(self.kind, self.base, node, path)


@dataclass(frozen=True, slots=True)
class VariantReader:
    """A map whose `type` picks the dataclass that it fills; all of them derive from `base`."""

    base: type
    classes: dict[str, Any]

    def __call__(self, builder: Builder, node: Node, path: str) -> Any:
        what = self.base.__name__.lower()
        if not isinstance(node, Mapping):
            java = f"io.kestra.core.models.{self.base.__name__}"
            return builder.misfit(node, path, f"a map that describes the {what}", java)
        given = node.get("type")
        if given is None:
            return builder.build_untyped(self.base, node, path, "null")
        name = (given.text or "") if isinstance(given, Scalar) else java_value(plain(given))
        if name in self.classes:
            return builder.build(self.classes[name], node, path)
        builder.unknown_type(given, child_path(path, "type"), name, self.classes, f"{what} type")
        return INVALID


@dataclass(frozen=True, slots=True)
class WrittenLabel:
    """A label as it stands in the file. `server` is the server's path of it: always an item of a list."""

    key: str
    key_span: Span
    value: Node
    path: str
    server: str


def read_labels(builder: Builder, node: Node, path: str) -> Any:
    """Labels in either spelling, as a dict; of a key that is given twice the last one counts."""
    if isinstance(node, Mapping):
        written = [
            WrittenLabel(key, entry.key_span, entry.value, child_path(path, key), f"{path}[{number}]")
            for number, (key, entry) in enumerate(node.entries.items())
        ]
    elif isinstance(node, Sequence):
        items = (_listed_label(builder, item, f"{path}[{number}]") for number, item in enumerate(node.items))
        written = [label for label in items if label is not None]
    else:
        return builder.misfit(node, path, "a map, or a list of `{key, value}`", "java.util.List")
    values = {label.key: _label_value(builder, label) for label in written}
    return INVALID if any(value is INVALID for value in values.values()) else values


def read_given_labels(builder: Builder, node: Node, path: str) -> Any:
    """Labels that something gives to an execution: kept as they are written. Their values are templates, and may be empty."""
    if isinstance(node, Scalar):
        return builder.misfit(node, path, "a map, or a list of `{key, value}`", "java.util.List")
    good = True
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            good &= _fits_a_label(builder, key, entry.value, child_path(path, key))
    else:
        for number, item in enumerate(node.items):
            place = f"{path}[{number}]"
            if not isinstance(item, Mapping):
                builder.misfit(item, place, "`{key, value}`", "io.kestra.core.models.Label")
                good = False
                continue
            given, value = item.get("key"), item.get("value")
            name = given.text if isinstance(given, Scalar) and given.text else ""
            good &= _fits_a_label(builder, name, value or Mapping(item.place), place)
    return plain(node) if good else INVALID


def _fits_a_label(builder: Builder, key: str, value: Node, path: str) -> bool:
    if isinstance(value, Scalar):
        return True
    message = f"the label `{key}` must be text, a number or a boolean"
    kestra = f"Unsupported type for key: {key}, value: {java_value(plain(value))}"
    builder.report(unreadable("label-type", message, value.span, path, kestra))
    return False


def _listed_label(builder: Builder, item: Node, path: str) -> WrittenLabel | None:
    if not isinstance(item, Mapping):
        builder.misfit(item, path, "`{key, value}`", "io.kestra.core.models.Label")
        return None
    for name, entry in item.entries.items():
        if name not in ("key", "value"):
            builder.unknown_unread(entry, path, "this label")
    given = item.get("key")
    key = read_text(builder, given, child_path(path, "key")) if given else None
    if given is None or key is None or key == "":
        message = "a label needs a key"
        builder.report(violation("label-empty", message, item.span, path, "must not be empty", at=f"{path}.key"))
        return None
    if key is INVALID:
        return None
    value = item.entries.get("value")
    return WrittenLabel(key, given.span, value.value if value else Scalar(None, "", item.place), path, path)


def _label_value(builder: Builder, label: WrittenLabel) -> Any:
    node = label.value
    if not isinstance(node, Scalar):
        message = f"the label `{label.key}` must be text, a number or a boolean"
        kestra = f"Unsupported type for key: {label.key}, value: {java_value(plain(node))}"
        return builder.refuse(unreadable("label-type", message, node.span, label.path, kestra))
    if node.text is None or node.text == "":
        message = f"the label `{label.key}` has no value"
        span = label.key_span if node.text is None else node.span
        at = f"{label.server}.value"
        return builder.refuse(violation("label-empty", message, span, label.path, "must not be empty", at=at))
    return node.text


def java_value(value: Any) -> str:
    """Data as Java's `toString` prints it: `[1, {a=b}]`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_value(item) for item in value) + "]"
    return java_text(value) or "null"
