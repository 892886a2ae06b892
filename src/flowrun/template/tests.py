"""The tests of `is` and `is not` (spec, 6.3). `defined` is the compiler's own: its operand may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure
from flowrun.template.values import Collection, class_name, is_collection, is_int, is_long, is_map, is_text

if TYPE_CHECKING:
    from collections.abc import Callable


def is_null(value: Any) -> bool:
    """`is null`."""
    return value is None


def is_empty(value: Any) -> bool:
    """`is empty`: null, blank text, an empty list, set or map."""
    if value is None:
        return True
    if is_text(value):
        return not value.strip("".join(map(chr, range(33))))
    return (is_collection(value) or is_map(value)) and not value


def is_even(value: Any) -> bool:
    """`is even`."""
    return parity(value, "even") == 0


def is_odd(value: Any) -> bool:
    """`is odd`."""
    return parity(value, "odd") == 1


def parity(value: Any, name: str) -> int:
    """0 or 1 of a whole number; nothing else has one."""
    if value is None:
        raise Failure(f'Can not pass null value to "{name}" test.')
    if not is_int(value) and not is_long(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.lang.Long")
    return int(value) % 2


def is_iterable(value: Any) -> bool:
    """`is iterable`: lists, sets and arrays; neither maps nor text."""
    return isinstance(value, list | Collection)


def is_json(value: Any) -> bool:
    """`is json`: text whose first JSON value parses."""
    if not is_text(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.lang.String")
    from flowrun.template.json_text import JsonProblem, read_first

    try:
        read_first(value)
    except JsonProblem:
        return not value.strip()
    return True


TESTS: Final[dict[str, Callable[[Any], bool]]] = {
    "null": is_null,
    "empty": is_empty,
    "even": is_even,
    "odd": is_odd,
    "iterable": is_iterable,
    "map": is_map,
    "json": is_json,
}
