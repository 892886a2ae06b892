"""Files of items: one map of JSON or Ion a line."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed
from flowrun.tasks.storage.batches import lines
from flowrun.template.callables import Failure
from flowrun.template.ion_text import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO


def items(file: BinaryIO, decimal: Callable[[str], Any] = float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line with the map that it is; `decimal` reads numbers with a point. Raises `TaskFailed` for a line that is none."""
    for line in lines(file):
        yield line, item(line, decimal)


def item(line: str, decimal: Callable[[str], Any]) -> dict[str, Any]:
    try:
        value = parsed(line, decimal)
    except Failure as problem:
        raise TaskFailed(f"{problem}: {line}") from problem
    if value is None:
        raise TaskFailed("No content to map due to end-of-input")
    if not isinstance(value, dict):
        wanted = "java.util.LinkedHashMap<java.lang.Object,java.lang.Object>"
        raise TaskFailed(f"Cannot deserialize value of type `{wanted}` from `{line}`")
    return value


def parsed(line: str, decimal: Callable[[str], Any]) -> Any:
    """JSON where it is JSON, which is read much faster."""
    try:
        return json.loads(line, parse_float=decimal)
    except ValueError:
        return read(line, all_rows=False)


def shortest_decimal(text: str) -> Decimal | float:
    """A decimal without zeros at its end: `1.50` is 1.5 and `0.0` is 0; with an exponent it is a double."""
    if "e" in text.lower():
        return float(text)
    return Decimal(text).normalize() or Decimal()
