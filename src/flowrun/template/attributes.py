"""`x.name`, `x[…]` and `x.method(…)`: data only, through tables; never Python's own attributes (spec, 2.12)."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure, Missing
from flowrun.template.limits import check_elements, check_length
from flowrun.template.operators import EXACT, same, single_precision, unsigned_zero
from flowrun.template.values import (
    Array,
    BigInteger,
    Char,
    Collection,
    Entry,
    LazyNumber,
    Long,
    LoopState,
    class_name,
    is_collection,
    is_int,
    is_list,
    is_map,
    is_number,
    is_text,
    java_int,
    java_long,
    plain_text,
    substring,
    to_text,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORBIDDEN: Final = {
    "class": "public final native java.lang.Class java.lang.Object.getClass()",
    "getclass": "public final native java.lang.Class java.lang.Object.getClass()",
    "wait": "public final void java.lang.Object.wait() throws java.lang.InterruptedException",
    "notify": "public final native void java.lang.Object.notify()",
    "notifyall": "public final native void java.lang.Object.notifyAll()",
}


def get(value: Any, subscript: Any) -> Any:
    """`value.subscript` without parentheses. `value` is not null. Raises `Missing`, `Failure`."""
    if is_map(value):
        return get_key(value, subscript)
    if isinstance(value, list):
        return get_item(value, subscript)
    return member(value, to_text(subscript), ())


def get_key(value: Any, key: Any) -> Any:
    if is_text(key):
        try:
            return value[key]
        except KeyError:
            raise Missing(key) from None
    if key is None:
        raise Failure("Cannot look up a null key in a map")
    for candidate in value:
        if type(candidate) is type(key) and candidate == key:
            return value[candidate]
    if is_number(key):
        first = next(iter(value), None)
        if first is None or is_text(first):
            raise Failure(f"type class java.lang.String not supported for key {to_text(key)}")
    raise Missing(to_text(key))


def get_item(value: Sequence[Any], subscript: Any) -> Any:
    text = to_text(subscript)
    if text.isdigit() and text.isascii():
        index = int(text)
        if index < len(value):
            return value[index]
        raise Missing(text)
    if isinstance(value, Array) or text.startswith("-") or subscript is None or text[:1].isdigit():
        raise Missing(text)
    return member(value, text, ())


def call(value: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """`value.name(arguments)`. Raises `Missing`, `Failure`."""
    return member(value, name, arguments, called=True)


def member(value: Any, name: str, arguments: tuple[Any, ...], *, called: bool = False) -> Any:
    """A Java member that users use: a getter, or a method whose arguments fit."""
    if not name:
        raise Failure("Index 0 out of bounds for length 0")
    if name.lower() in FORBIDDEN:
        raise Failure(f"For security reasons access to {FORBIDDEN[name.lower()]} method is denied.")
    for applies, members in MEMBERS:
        if applies(value):
            found = members.get((name.lower(), len(arguments)))
            if found is not None and (called or not arguments):
                return invoke(found, name, value, arguments)
    raise Missing(name)


def invoke(found: tuple[str, Callable[..., Any]], name: str, value: Any, arguments: tuple[Any, ...]) -> Any:
    """Call a member if the classes of the arguments fit: a Long does not fit an `int` parameter."""
    kinds, function = found
    for kind, argument in zip(kinds, arguments, strict=True):
        if argument is None and kind != "a":
            raise Failure(f"Could not call {name}")
        if not FITS[kind](argument):
            raise Missing(name)
    try:
        return function(value, *arguments)
    except (Failure, IndexError, ValueError, TypeError) as problem:
        raise Failure(f"Could not call {name}") from problem


FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "s": is_text,
    "i": is_int,
    "o": lambda value: value is not None,
    "a": lambda _value: True,
    "c": is_collection,
    "m": is_map,
}


def split_text(text: str, pattern: str, limit: int = 0) -> Array:
    """`String.split`; without a limit it drops trailing empty parts."""
    from flowrun.template.regex import split

    return Array(split(text, pattern, limit))


def matches(text: str, pattern: str) -> bool:
    from flowrun.template.regex import fullmatch

    return fullmatch(text, pattern) is not None


def replace_matches(text: str, pattern: str, replacement: str) -> str:
    from flowrun.template.regex import replace_all

    return replace_all(text, pattern, replacement)


def part(value: Any, start: int, end: int | None = None) -> Any:
    """`substring` and `subList`: Java refuses offsets that are out of range."""
    size = units(value) if isinstance(value, str) else len(value)
    stop = size if end is None else end
    if not 0 <= start <= stop <= size:
        raise IndexError
    return substring(value, start, stop) if isinstance(value, str) else value[start:stop]


def replace_first(text: str, pattern: str, replacement: str) -> str:
    from flowrun.template.regex import replace_all

    return replace_all(text, pattern, replacement, most=1)


def repeat(text: str, times: int) -> str:
    if times < 0:
        raise ValueError(times)
    check_length(len(text) * times)
    return text * times


def indent(text: str, amount: int) -> str:
    """`String.indent`: every line, and the last one ends with a line break too."""
    check_length(len(text) * max(amount, 1))
    lines = text.splitlines()
    moved = [
        " " * amount + line if amount > 0 else line[min(-amount, len(line) - len(line.lstrip())) :] for line in lines
    ]
    return "".join(line + "\n" for line in moved)


def strip_indent(text: str) -> str:
    from textwrap import dedent

    return "\n".join(line.rstrip() for line in dedent(text).splitlines())


def difference(text: str, other: str) -> int:
    """`compareTo`: the difference of the first two characters that differ, else of the lengths."""
    for one, two in zip(text, other, strict=False):
        if one != two:
            return ord(one) - ord(two)
    return len(text) - len(other)


def signed_hash(value: Any) -> int:
    """`hashCode`."""
    from flowrun.template.hash_order import java_hash

    code = java_hash(value)
    return code - 2**32 if code >= 2**31 else code


def order(value: Any, other: Any) -> int:
    """`compareTo` of numbers: those of one class only."""
    if class_name(value) != class_name(other):
        raise TypeError
    return int(value > other) - int(value < other)


def index_of(items: Sequence[Any], wanted: Any) -> int:
    return next((place for place, item in enumerate(items) if same(item, wanted)), -1)


def last_index_of(items: Sequence[Any], wanted: Any) -> int:
    return next((place for place in range(len(items) - 1, -1, -1) if same(items[place], wanted)), -1)


def contains_all(items: Sequence[Any], wanted: Any) -> bool:
    return all(index_of(items, item) >= 0 for item in wanted)


# What changes a list or map: the rendering sees it, the caller's data are copies by then (`rendering.Owned`).


def add(items: list[Any], item: Any) -> bool:
    check_elements(len(items) + 1)
    items.append(item)
    return True


def insert(items: list[Any], at: int, item: Any) -> None:
    if not 0 <= at <= len(items):
        raise IndexError
    check_elements(len(items) + 1)
    items.insert(at, item)


def add_all(items: list[Any], more: Any) -> bool:
    check_elements(len(items) + len(more))
    items.extend(list(more))
    return bool(more)


def remove_item(items: list[Any], item: Any) -> Any:
    """An Integer is an index, anything else an element."""
    if is_int(item):
        return items.pop(item) if item >= 0 else part(items, item)
    place = index_of(items, item)
    if place >= 0:
        del items[place]
    return place >= 0


def put(items: dict[Any, Any], key: Any, value: Any) -> Any:
    before = items.get(key)
    items[key] = value
    return before


def put_if_absent(items: dict[Any, Any], key: Any, value: Any) -> Any:
    before = items.get(key)
    if before is None:
        items[key] = value
    return before


STRING_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("length", 0): ("", units),
    ("empty", 0): ("", lambda text: not text),
    ("isempty", 0): ("", lambda text: not text),
    ("blank", 0): ("", lambda text: not text.strip()),
    ("isblank", 0): ("", lambda text: not text.strip()),
    ("touppercase", 0): ("", str.upper),
    ("tolowercase", 0): ("", str.lower),
    ("trim", 0): ("", lambda text: text.strip("".join(map(chr, range(33))))),
    ("strip", 0): ("", str.strip),
    ("stripleading", 0): ("", str.lstrip),
    ("striptrailing", 0): ("", str.rstrip),
    ("tostring", 0): ("", str),
    ("startswith", 1): ("s", str.startswith),
    ("endswith", 1): ("s", str.endswith),
    ("contains", 1): ("s", lambda text, part: part in text),
    ("indexof", 1): ("s", str.find),
    ("lastindexof", 1): ("s", str.rfind),
    ("replace", 2): ("ss", str.replace),
    ("replaceall", 2): ("ss", replace_matches),
    ("split", 1): ("s", split_text),
    ("split", 2): ("si", split_text),
    ("matches", 1): ("s", matches),
    ("concat", 1): ("s", lambda text, other: text + other),
    ("equalsignorecase", 1): ("s", lambda text, other: text.casefold() == other.casefold()),
    ("equals", 1): ("o", lambda text, other: is_text(other) and text == other),
    ("contentequals", 1): ("s", lambda text, other: text == other),
    ("comparetoignorecase", 1): ("s", lambda text, other: difference(text.lower(), other.lower())),
    ("replacefirst", 2): ("ss", replace_first),
    ("indexof", 2): ("si", lambda text, part, start: text.find(part, max(start, 0))),
    ("lastindexof", 2): ("si", lambda text, part, start: text.rfind(part, 0, start + len(part)) if start >= 0 else -1),
    ("startswith", 2): ("si", lambda text, part, start: start >= 0 and text.startswith(part, start)),
    ("codepointat", 1): ("i", lambda text, at: ord(part(text, at, at + 1))),
    ("indent", 1): ("i", indent),
    ("stripindent", 0): ("", strip_indent),
    ("intern", 0): ("", str),
    ("bytes", 0): ("", lambda text: text.encode("utf-8", "replace")),
    ("getbytes", 0): ("", lambda text: text.encode("utf-8", "replace")),
    ("hashcode", 0): ("", signed_hash),
    ("compareto", 1): ("s", difference),
    ("substring", 1): ("i", part),
    ("substring", 2): ("ii", part),
    ("charat", 1): ("i", lambda text, at: Char(part(text, at, at + 1))),
    ("repeat", 1): ("i", repeat),
}
LIST_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("size", 0): ("", len),
    ("empty", 0): ("", lambda items: not items),
    ("isempty", 0): ("", lambda items: not items),
    ("first", 0): ("", lambda items: items[0]),
    ("getfirst", 0): ("", lambda items: items[0]),
    ("last", 0): ("", lambda items: items[-1]),
    ("getlast", 0): ("", lambda items: items[-1]),
    ("reversed", 0): ("", lambda items: list(reversed(items))),
    ("indexof", 1): ("o", index_of),
    ("lastindexof", 1): ("o", last_index_of),
    ("sublist", 2): ("ii", part),
    ("hashcode", 0): ("", signed_hash),
    ("equals", 1): ("o", same),
    ("toarray", 0): ("", Array),
    ("containsall", 1): ("c", contains_all),
    ("add", 1): ("o", add),
    ("add", 2): ("io", insert),
    ("addall", 1): ("c", add_all),
    ("addfirst", 1): ("o", lambda items, item: insert(items, 0, item)),
    ("addlast", 1): ("o", lambda items, item: insert(items, len(items), item)),
    ("remove", 1): ("o", remove_item),
    ("removefirst", 0): ("", lambda items: items.pop(0)),
    ("removelast", 0): ("", lambda items: items.pop()),
    ("clear", 0): ("", lambda items: items.clear()),
    ("contains", 1): ("o", lambda items, item: index_of(items, item) >= 0),
    ("get", 1): ("i", lambda items, at: part(items, at, at + 1)[0]),
    ("tostring", 0): ("", to_text),
}
MAP_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("reversed", 0): ("", lambda items: {key: items[key] for key in reversed(list(items))}),
    ("size", 0): ("", len),
    ("isempty", 0): ("", lambda items: not items),
    ("keyset", 0): ("", lambda items: Collection(items.keys())),
    ("values", 0): ("", lambda items: Collection(items.values())),
    ("entryset", 0): ("", lambda items: Collection(Entry(key, item) for key, item in items.items())),
    ("get", 1): ("o", lambda items, key: items.get(key)),
    ("hashcode", 0): ("", signed_hash),
    ("equals", 1): ("o", same),
    ("getordefault", 2): ("oa", lambda items, key, default: items.get(key, default)),
    ("containskey", 1): ("o", lambda items, key: key in items),
    ("containsvalue", 1): ("o", lambda items, wanted: any(same(item, wanted) for item in items.values())),
    ("put", 2): ("oa", put),
    ("putifabsent", 2): ("oa", put_if_absent),
    ("replace", 2): ("oa", lambda items, key, value: put(items, key, value) if key in items else None),
    ("putall", 1): ("m", lambda items, more: items.update(more)),
    ("remove", 1): ("o", lambda items, key: items.pop(key, None)),
    ("clear", 0): ("", lambda items: items.clear()),
    ("tostring", 0): ("", to_text),
}
ENTRY_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("key", 0): ("", lambda entry: entry.key),
    ("getkey", 0): ("", lambda entry: entry.key),
    ("value", 0): ("", lambda entry: entry.value),
    ("getvalue", 0): ("", lambda entry: entry.value),
}
LOOP_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("index", 0): ("", lambda loop: loop.index),
    ("length", 0): ("", lambda loop: LazyNumber(loop.length)),
    ("revindex", 0): ("", lambda loop: LazyNumber(loop.length - loop.index - 1)),
    ("first", 0): ("", lambda loop: loop.index == 0),
    ("last", 0): ("", lambda loop: loop.index == loop.length - 1),
}
COLLECTION_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    key: LIST_MEMBERS[key]
    for key in (("size", 0), ("empty", 0), ("isempty", 0), ("contains", 1), ("containsall", 1), ("tostring", 0))
}
NUMBER_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("intvalue", 0): ("", java_int),
    ("longvalue", 0): ("", lambda value: Long(java_long(value))),
    ("doublevalue", 0): ("", float),
    ("shortvalue", 0): ("", lambda value: (java_int(value) + 2**15) % 2**16 - 2**15),
    ("bytevalue", 0): ("", lambda value: (java_int(value) + 2**7) % 2**8 - 2**7),
    ("floatvalue", 0): ("", single_precision),
    ("tostring", 0): ("", to_text),
    ("equals", 1): ("o", same),
    ("compareto", 1): ("o", order),
    ("hashcode", 0): ("", signed_hash),
}
FLOAT_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = NUMBER_MEMBERS | {
    ("nan", 0): ("", math.isnan),
    ("isnan", 0): ("", math.isnan),
    ("infinite", 0): ("", math.isinf),
    ("isinfinite", 0): ("", math.isinf),
}
BIG_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = NUMBER_MEMBERS | {
    ("signum", 0): ("", lambda value: (value > 0) - (value < 0)),
    ("negate", 0): ("", lambda value: unsigned_zero(-value) if isinstance(value, Decimal) else BigInteger(-value)),
    ("abs", 0): ("", lambda value: value.copy_abs() if isinstance(value, Decimal) else BigInteger(abs(value))),
}
DECIMAL_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = BIG_MEMBERS | {
    ("scale", 0): ("", lambda value: -value.as_tuple().exponent),
    ("precision", 0): ("", lambda value: len(value.as_tuple().digits)),
    ("toplainstring", 0): ("", plain_text),
    ("striptrailingzeros", 0): ("", lambda value: value.normalize(EXACT)),
}
ANY_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("tostring", 0): ("", to_text),
    ("hashcode", 0): ("", signed_hash),
    ("equals", 1): ("o", same),
}
BOOLEAN_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = ANY_MEMBERS | {
    ("booleanvalue", 0): ("", bool),
}

FIELDS: Final[dict[str, tuple[type, Callable[[Any], Any]]]] = {
    name: (holder, read)
    for holder, members in ((LoopState, LOOP_MEMBERS), (Entry, ENTRY_MEMBERS))
    for (name, _), (_, read) in members.items()
}
"""Fields that only what `for` makes has, to be read in each of its passes without a search: whose, and how."""

MEMBERS: Final[tuple[tuple[Callable[[Any], bool], dict[tuple[str, int], tuple[str, Callable[..., Any]]]], ...]] = (
    (is_text, STRING_MEMBERS),
    (is_list, LIST_MEMBERS),
    (is_map, MAP_MEMBERS),
    (lambda value: isinstance(value, Entry), ENTRY_MEMBERS),
    (lambda value: isinstance(value, LoopState), LOOP_MEMBERS),
    (lambda value: isinstance(value, Collection), COLLECTION_MEMBERS),
    (lambda value: isinstance(value, float), FLOAT_MEMBERS),
    (lambda value: isinstance(value, Decimal), DECIMAL_MEMBERS),
    (lambda value: class_name(value) == "java.math.BigInteger", BIG_MEMBERS),
    (is_number, NUMBER_MEMBERS),
    (lambda value: isinstance(value, bool), BOOLEAN_MEMBERS),
    (lambda value: value is not None, ANY_MEMBERS),
)
