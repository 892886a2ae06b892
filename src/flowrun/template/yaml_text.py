"""The function `yaml`: YAML 1.1 as Jackson reads it, where an alias is only its name and dates are text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

TRUE: Final = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
FALSE: Final = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
TYPED: Final = ("int", "float", "bool", "null")
SPECIAL: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
WHOLE: Final = re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*)")
DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")


def read(text: str, *, unique: bool = False) -> Any:
    """The first document of a YAML text; `unique` refuses a key that comes twice. Raises `Failure`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        events = iter(YAML(typ="safe", pure=True).parse(text))
        for event in events:
            if type(event).__name__ == "DocumentStartEvent":
                return value(next(events), events, unique)
    except (YAMLError, RecursionError, ValueError, StopIteration) as problem:
        raise Failure(f"Invalid yaml: {problem}") from problem
    raise Failure("Invalid yaml: No content to map due to end-of-input")


def value(event: Any, events: Iterator[Any], unique: bool) -> Any:  # noqa: FBT001 - passed on as it is
    """The value that begins with this event."""
    match type(event).__name__:
        case "ScalarEvent":
            return scalar(event)
        case "AliasEvent":
            return event.anchor
        case "SequenceStartEvent":
            return list(items(events, unique))
        case "MappingStartEvent":
            return mapping(events, unique)
    raise Failure(f"Invalid yaml: unexpected {type(event).__name__}")


def items(events: Iterator[Any], unique: bool) -> Iterator[Any]:  # noqa: FBT001
    while type(event := next(events)).__name__ != "SequenceEndEvent":
        yield value(event, events, unique)


def mapping(events: Iterator[Any], unique: bool) -> dict[str, Any]:  # noqa: FBT001
    """Keys are always text; of duplicate ones the last wins."""
    result: dict[str, Any] = {}
    while type(event := next(events)).__name__ != "MappingEndEvent":
        if type(event).__name__ not in ("ScalarEvent", "AliasEvent"):
            raise Failure("Invalid yaml: a key must be a scalar")
        key = event.value if type(event).__name__ == "ScalarEvent" else event.anchor
        if unique and key in result:
            raise Failure(f"Invalid yaml: Duplicate field '{key}'")
        result[key] = value(next(events), events, unique)
    return result


def scalar(event: Any) -> Any:
    """Plain text may be a boolean, number or null; quoted text is text."""
    text: str = event.value
    tag = str(event.tag) if event.tag else ""
    if (event.style and not tag.endswith("int")) or (tag and not tag.endswith(TYPED)):
        return text
    if tag.endswith("float") and WHOLE.fullmatch(text):
        return float(whole(text.replace("_", "")))
    if SPECIAL.fullmatch(text):
        raise Failure(f"Invalid yaml: Malformed numeric value '{text}'")
    if text in TRUE or text in FALSE:
        return text in TRUE
    if text in NULL:
        return None
    if WHOLE.fullmatch(text):
        return whole(text.replace("_", ""))
    if DECIMAL.fullmatch(text) and any(char.isdigit() for char in text):
        return float(text.replace("_", ""))
    return text


def whole(text: str) -> Any:
    """A leading zero makes it octal."""
    sign, digits = (-1 if text.startswith("-") else 1), text.lstrip("+-")
    if digits[:2] in ("0x", "0b"):
        return sign * int(digits, 0)
    if len(digits) > 1 and digits.startswith("0"):
        return sign * int(digits, 8) if set(digits) <= set("01234567") else text
    return sign * int(digits)
