"""Values as JSON text that reads back as the same values: dates, durations and decimals keep their types."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flowrun.model.masking import Sealed

if TYPE_CHECKING:
    from collections.abc import Callable

TAG = "$type"
"""A map with this key stands for a value that JSON has no form for."""

READ: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "duration": lambda micros: timedelta(microseconds=micros),
    "decimal": Decimal,
    "map": dict,
    "sealed": Sealed,
}


def dump(value: Any) -> str:
    """The value as JSON; maps have texts as keys."""
    text = json.dumps(value, default=tagged, separators=(",", ":"))
    if f'"{TAG}"' in text:
        text = json.dumps(escaped(value), default=tagged, separators=(",", ":"))
    return text


def load(text: str) -> Any:
    """The value that `dump` was given."""
    return json.loads(text, object_hook=untagged if TAG in text else None)


def tagged(value: Any) -> Any:
    """What stands for a value that JSON has no form for; what is no data at all becomes its text."""
    match value:
        case datetime():  # before date, which it is too
            return {TAG: "datetime", "value": value.isoformat()}
        case date():
            return {TAG: "date", "value": value.isoformat()}
        case time():
            return {TAG: "time", "value": value.isoformat()}
        case timedelta():
            return {TAG: "duration", "value": value // timedelta(microseconds=1)}
        case Decimal():
            return {TAG: "decimal", "value": str(value)}
        case Sealed():
            return {TAG: "sealed", "value": value.code}
        case set() | frozenset():
            return list(value)
    return str(value)


def escaped(value: Any) -> Any:
    """The value with each map that has our key written as its entries."""
    if isinstance(value, dict):
        inner = {key: escaped(item) for key, item in value.items()}
        return {TAG: "map", "value": list(inner.items())} if TAG in inner else inner
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value


def untagged(found: dict[str, Any]) -> Any:
    """What a map of the JSON text stands for."""
    return READ[found[TAG]](found["value"]) if TAG in found else found
