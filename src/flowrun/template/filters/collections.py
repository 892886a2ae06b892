"""Filters for lists and maps, and what text shares with them (spec, 6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter
from flowrun.template.hash_order import hash_ordered, merge_capacity
from flowrun.template.limits import check_elements
from flowrun.template.operators import same
from flowrun.template.values import (
    Array,
    Char,
    Collection,
    Entry,
    FixedList,
    SafeString,
    class_name,
    is_collection,
    is_list,
    is_map,
    is_number,
    is_text,
    substring,
    units,
)

if TYPE_CHECKING:
    from flowrun.template.callables import RenderContext


def length(value: Any, _arguments: Arguments, _context: RenderContext) -> int:
    if isinstance(value, SafeString):
        return units(value.text)
    if is_text(value):
        return units(value)
    return len(value) if is_collection(value) or is_map(value) or isinstance(value, Array) else 0


def first(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    return end_of(value, 0, "first")


def last(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    return end_of(value, -1, "last")


def end_of(value: Any, place: int, name: str) -> Any:
    if value is None:
        return None
    if isinstance(value, SafeString):
        value = value.text
    if is_text(value):
        if not value:
            raise Failure(f"The '{name}' filter can't be applied to an empty text: index 0 out of bounds for length 0")
        return Char(substring(value, units(value) - 1 if place else 0, units(value) if place else 1))
    if isinstance(value, list | Collection):
        return value[place] if value else None
    raise Failure(f"class {class_name(value)} cannot be cast to class java.util.Collection")


def slice_of(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    start = index_argument(arguments, "fromIndex", 0)
    if start < 0:
        raise Failure("fromIndex must be greater than 0")
    index_argument(arguments, "toIndex", 0)
    if not is_text(value) and not isinstance(value, list):
        message = "Slice filter can only be applied to String, List and array inputs. "
        raise Failure(f"{message}Actual type was: {class_name(value)}")
    size = units(value) if is_text(value) else len(value)
    end = index_argument(arguments, "toIndex", size)
    if end > size:
        raise Failure(f"toIndex must be smaller than input size: {size}")
    if arguments.get("toIndex") is not None and start >= end:
        raise Failure("toIndex must be greater than fromIndex")
    if start > size:
        raise Failure(f"fromIndex {start} is out of bounds for length {size}")
    if is_text(value):
        return substring(value, start, end)
    return value[start:end] if not isinstance(value, Array) else Array(value[start:end])


def index_argument(arguments: Arguments, name: str, default: int) -> int:
    given = arguments.get(name)
    if given is None:
        return default
    if not is_number(given):
        raise Failure(f"Argument {name} must be a number. Actual type: {class_name(given)}")
    return int(given)


def sort(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not isinstance(value, list):
        raise Failure(f"Unsupported input type for sort filter: {class_name(value)}")
    return sorted_in_place(list(value) if isinstance(value, Array) else value, descending=False)


def rsort(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_list(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.util.List")
    return sorted_in_place(value, descending=True)


def sorted_in_place(items: list[Any], *, descending: bool) -> list[Any]:
    """Natural order of elements of one class, changing the list itself (spec, gotcha 36)."""
    check_changeable(items)
    if len(items) > 1:
        kinds = {class_name(item) for item in items}
        if len(kinds) > 1 or None in items or not is_comparable(items[0]):
            raise Failure(f"class {class_name(items[0])} cannot be cast to class java.lang.Comparable")
        items.sort(key=utf16 if isinstance(items[0], str) else None, reverse=descending)
    return items


def is_comparable(value: Any) -> bool:
    from datetime import datetime

    return isinstance(value, str | bool | datetime) or is_number(value)


def utf16(text: str) -> bytes:
    """What orders text as Java does: its UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def reverse(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_list(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.util.List")
    check_changeable(value)
    value.reverse()
    return value


def check_changeable(items: list[Any]) -> None:
    if isinstance(items, FixedList):
        raise Failure("java.lang.UnsupportedOperationException")


def merge(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    items = arguments.get("items")
    if value is None and items is None:
        raise Failure("The two arguments to be merged are null")
    if value is None or items is None:
        return items if value is None else value
    if is_map(value):
        return merged_map(value, items)
    if isinstance(value, Array) and isinstance(items, Array):
        return Array([*value, *items])
    if is_list(value) and not isinstance(items, Array):
        if is_map(items):
            return [*value, *(Entry(key, item) for key, item in items.items())]
        if is_list(items):
            check_elements(len(value) + len(items))
            return [*value, *items]
    raise Failure("The object being filtered is not a Map/List/Array")


def merged_map(value: Any, items: Any) -> dict[Any, Any]:
    if is_map(items):
        pairs = [*value.items(), *items.items()]
    elif is_list(items):
        pairs = [*value.items(), *((item, item) for item in items)]
    else:
        raise Failure("Currently, only Maps and Lists can be merged with a Map")
    try:
        return hash_ordered(pairs, merge_capacity(len(value), len(items)))
    except TypeError as problem:
        raise Failure("A list or map can't be a key") from problem


def chunk(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_list(value):
        raise Failure(f"'chunk' filter can only be applied to List. Actual type was: {class_name(value)}")
    size = arguments.get("size")
    if size is None:
        raise Failure("'chunk' filter expects an argument 'size'.")
    if not is_number(size):
        raise Failure(f"'chunk' filter argument 'size' must be a number. Actual type was: {class_name(size)}")
    step = int(size)
    if step <= 0:
        raise Failure("The size of a chunk must be greater than 0")
    return FixedList(value[place : place + step] for place in range(0, len(value), step))


def flatten(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_list(value):
        raise Failure("The 'flatten' filter can only be applied to lists.")
    return FixedList(inner for item in value for inner in (item if is_list(item) else [item]))


def distinct(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return "null"
    if not is_list(value):
        raise Failure(f"Input must be a list, but received : {class_name(value)}")
    if all(type(item) is str for item in value):
        return list(dict.fromkeys(value))
    seen: list[Any] = []
    for item in value:
        if not any(same(item, other) for other in seen):
            seen.append(item)
    return seen


def keys(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if is_map(value):
        return Collection(value.keys())
    if isinstance(value, list):
        return FixedList(range(len(value)))
    message = "'keys' filter can only be applied to List, Map, Array. "
    raise Failure(f"{message}Actual type was: {class_name(value)}")


def values(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_map(value):
        raise Failure(f"'values' filter can only be applied to Map. Actual type was: {class_name(value)}")
    return Collection(value.values())


def name_of_class(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    return None if value is None else class_name(value)


FILTERS: Final[dict[str, Filter]] = {
    "length": Filter(length),
    "first": Filter(first),
    "last": Filter(last),
    "slice": Filter(slice_of, ("fromIndex", "toIndex")),
    "sort": Filter(sort),
    "rsort": Filter(rsort),
    "reverse": Filter(reverse),
    "merge": Filter(merge, ("items",)),
    "chunk": Filter(chunk, ("size",), required=1),
    "flatten": Filter(flatten),
    "distinct": Filter(distinct),
    "keys": Filter(keys),
    "values": Filter(values),
    "className": Filter(name_of_class),
}
