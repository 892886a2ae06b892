"""Filters of lists and maps (spec, 6.1)."""

from __future__ import annotations

from typing import Any

from flowrun.template.callables import Arguments, Failure, Filter, RenderContext
from flowrun.template.filters.text import cast_failure, cut
from flowrun.template.hash_order import hash_ordered, merge_capacity
from flowrun.template.values import (
    Array,
    Char,
    Collection,
    Entry,
    class_name,
    is_collection,
    is_list,
    is_map,
    is_number,
    is_text,
    to_text,
    units,
)


def length(value: Any, _args: Arguments, _ctx: RenderContext) -> int:
    """The size of a text, list or map; 0 for all else."""
    if is_text(value):
        return units(value)
    return len(value) if isinstance(value, list | Collection) or is_map(value) else 0


def first(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The first character or element."""
    return _at_end(value, 0)


def last(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The last character or element."""
    return _at_end(value, -1)


def _at_end(value: Any, index: int) -> Any:
    if value is None:
        return None
    if is_text(value):
        if not value:
            raise Failure(f"Index {index} out of bounds for length 0")
        size = units(value)
        return Char(cut(value, index % size, index % size + 1))
    if not isinstance(value, list | Collection):
        raise cast_failure(value, "java.util.Collection")
    return value[index] if value else None


def slice_(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """The part of a text or list from one position to before another."""
    if value is None:
        return None
    start = _position(args, "fromIndex") or 0
    end = _position(args, "toIndex")
    if not (is_text(value) or isinstance(value, list)):
        raise Failure(
            f"Slice filter can only be applied to String, List and array inputs. Actual type was: {class_name(value)}"
        )
    size = units(value) if isinstance(value, str) else len(value)
    if end is not None and end > size:
        raise Failure(f"toIndex must be smaller than input size: {size}")
    if end is not None and start >= end:
        raise Failure("toIndex must be greater than fromIndex")
    if start > size:
        raise Failure(f"begin {start}, end {size}, length {size}")
    if isinstance(value, str):
        return cut(value, start, end)
    return type(value)(value[start:end])


def _position(args: Arguments, name: str) -> int | None:
    position = args.get(name)
    if position is None:
        return None
    if not is_number(position):
        raise Failure(f"Argument {name} must be a number. Actual type: {class_name(position)}")
    if position < 0:
        raise Failure(f"{name} must be greater than 0")
    return _whole(position)


def _whole(number: Any) -> int:
    try:
        return int(number)
    except (ValueError, OverflowError):
        return 0 if number != number else 2**31 - 1  # noqa: PLR0124


def sort(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The elements in their natural order."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise Failure("Unsupported input type for sort filter")
    return type(value)(_sorted(value))


def rsort(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The elements in the reverse of their natural order."""
    if value is None:
        return None
    return _sorted(_cast_list(value), reverse=True)


def _cast_list(value: Any) -> list[Any]:
    if not is_list(value):
        raise cast_failure(value, "java.util.List")
    return list(value)


def _sorted(items: list[Any], *, reverse: bool = False) -> list[Any]:
    if len(items) < 2:
        return list(items)
    kind = class_name(items[0])
    for item in items:
        if item is None:
            raise Failure('Cannot invoke "java.lang.Comparable.compareTo(Object)" because "a" is null')
        if isinstance(item, list | tuple | Entry) or is_map(item):
            raise cast_failure(item, "java.lang.Comparable")
        if class_name(item) != kind:
            raise cast_failure(item, kind)
    try:
        return sorted(items, key=_sort_key, reverse=reverse)
    except TypeError:
        raise cast_failure(items[0], "java.lang.Comparable") from None


def _sort_key(item: Any) -> Any:
    return str(item).encode("utf-16-be", "surrogatepass") if isinstance(item, str) else item


def reverse_(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The elements from last to first."""
    return None if value is None else _cast_list(value)[::-1]


def merge(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Two lists, arrays or maps in one."""
    other = args.get("items")
    if value is None and other is None:
        raise Failure("The two arguments to be merged are null")
    if value is None or other is None:
        return other if value is None else value
    if is_map(value):
        return _merge_map(value, other)
    if isinstance(value, Array):
        if not isinstance(other, Array):
            raise Failure(f"Currently, only Arrays can be merged with an Array. Arg: {class_name(other)}")
        return Array([*value, *other])
    if not is_list(value):
        raise Failure("The object being filtered is not a Map/List/Array")
    if is_map(other):
        return [*value, *(Entry(key, item) for key, item in other.items())]
    if not is_list(other):
        raise Failure(f"Currently, only Maps and Lists can be merged with a List. Arg: {class_name(other)}")
    return [*value, *other]


def _merge_map(value: Any, other: Any) -> dict[Any, Any]:
    if is_map(other):
        added = list(other.items())
    elif is_list(other):
        added = [(_key(item), item) for item in other]
    else:
        raise Failure(f"Currently, only Maps and Lists can be merged with a Map. Arg: {class_name(other)}")
    return hash_ordered([*value.items(), *added], merge_capacity(len(value), len(other)))


def _key(item: Any) -> Any:
    if isinstance(item, list) or is_map(item):
        return to_text(item)
    return item


def chunk(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """A list in lists of a given size."""
    if value is None:
        return None
    if args.get("size") is None:
        raise Failure("'chunk' filter expects an argument 'size'.")
    if not is_list(value):
        raise Failure(f"'chunk' filter can only be applied to List. Actual type was: {class_name(value)}")
    if not is_number(args["size"]):
        raise Failure(f"'chunk' filter argument 'size' must be a number. Actual type was: {class_name(args['size'])}")
    size = _whole(args["size"])
    if size <= 0:
        raise Failure("IllegalArgumentException")
    return [list(value[start : start + size]) for start in range(0, len(value), size)]


def flatten(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The elements of a list, those of lists inside it instead of the lists."""
    if value is None:
        return None
    if not is_list(value):
        raise Failure("The 'flatten' filter can only be applied to lists.")
    flat: list[Any] = []
    for item in value:
        if is_list(item):
            flat.extend(item)
        else:
            flat.append(item)
    return flat


def distinct(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The first of each of a list's equal elements."""
    if value is None:
        return "null"
    if not is_list(value):
        raise Failure(f"Input must be a list, but received : {class_name(value)}")
    found: dict[Any, Any] = {}
    for item in value:
        found.setdefault(_identity(item), item)
    return list(found.values())


def _identity(value: Any) -> Any:
    """Equal for what `Object.equals` calls equal."""
    if isinstance(value, Array):
        return id(value)
    if is_collection(value):
        return "list", *map(_identity, value)
    if is_map(value):
        return frozenset((_identity(key), _identity(item)) for key, item in value.items())
    return class_name(value), to_text(value)


def keys(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The keys of a map, the positions of a list."""
    if value is None:
        return None
    if is_map(value):
        return Collection(value)
    if isinstance(value, list):
        return list(range(len(value)))
    raise Failure(f"'keys' filter can only be applied to List, Map, Array. Actual type was: {class_name(value)}")


def values(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The values of a map."""
    if value is None:
        return None
    if not is_map(value):
        raise Failure(f"'values' filter can only be applied to Map. Actual type was: {class_name(value)}")
    return Collection(value.values())


def java_class(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The name of the value's Java class."""
    return None if value is None else class_name(value)


FILTERS: dict[str, Filter] = {
    "length": Filter(length),
    "first": Filter(first),
    "last": Filter(last),
    "slice": Filter(slice_, ("fromIndex", "toIndex")),
    "sort": Filter(sort),
    "rsort": Filter(rsort),
    "reverse": Filter(reverse_),
    "merge": Filter(merge, ("items",)),
    "chunk": Filter(chunk, ("size",)),
    "flatten": Filter(flatten),
    "distinct": Filter(distinct),
    "keys": Filter(keys),
    "values": Filter(values),
    "className": Filter(java_class),
}
