"""`x.name`, `x[…]` and `x.method(…)`: data only, through tables; never Python's own attributes (spec, 2.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure, Missing
from flowrun.template.values import (
    Array,
    Char,
    Collection,
    Entry,
    Float32,
    LazyNumber,
    Long,
    LoopState,
    class_name,
    is_int,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    to_text,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORBIDDEN: Final = frozenset({"class", "getclass", "wait", "notify", "notifyall"})


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
    if text.startswith("-") or subscript is None or text[:1].isdigit():
        raise Missing(text)
    return member(value, text, ())


def call(value: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """`value.name(arguments)`. Raises `Missing`, `Failure`."""
    return member(value, name, arguments, called=True)


def member(value: Any, name: str, arguments: tuple[Any, ...], *, called: bool = False) -> Any:
    """A Java member that users use: a getter, or a method whose arguments fit."""
    if name.lower() in FORBIDDEN:
        raise Failure(f"For security reasons access to {name} method is denied.")
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
        if argument is None:
            raise Failure(f"Could not call {name}")
        if not FITS[kind](argument):
            raise Missing(name)
    try:
        return function(value, *arguments)
    except (IndexError, ValueError) as problem:
        raise Failure(f"Could not call {name}") from problem


FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "s": is_text,
    "i": is_int,
    "o": lambda value: value is not None,
}


def split_text(text: str, pattern: str) -> Array:
    """`String.split`, which drops trailing empty parts."""
    from flowrun.template.regex import split

    return Array(split(text, pattern, 0))


def matches(text: str, pattern: str) -> bool:
    from flowrun.template.regex import fullmatch

    return fullmatch(text, pattern) is not None


def replace_matches(text: str, pattern: str, replacement: str) -> str:
    from flowrun.template.regex import replace_all

    return replace_all(text, pattern, replacement)


def substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise IndexError
    return text[start:stop]


def index_of(items: Sequence[Any], wanted: Any) -> int:
    from flowrun.template.operators import same

    return next((place for place, item in enumerate(items) if same(item, wanted)), -1)


def has_key(value: Any, key: Any) -> bool:
    return key in value


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
    ("matches", 1): ("s", matches),
    ("concat", 1): ("s", lambda text, other: text + other),
    ("equalsignorecase", 1): ("s", lambda text, other: text.casefold() == other.casefold()),
    ("equals", 1): ("o", lambda text, other: is_text(other) and text == other),
    ("compareto", 1): ("s", lambda text, other: (text > other) - (text < other)),
    ("substring", 1): ("i", substring),
    ("substring", 2): ("ii", substring),
    ("charat", 1): ("i", lambda text, at: Char(substring(text, at, at + 1))),
    ("repeat", 1): ("i", lambda text, times: text * min(times, 1_000_000)),
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
    ("contains", 1): ("o", lambda items, item: index_of(items, item) >= 0),
    ("get", 1): ("i", lambda items, at: substring(items, at, at + 1)[0]),
    ("tostring", 0): ("", to_text),
}
MAP_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("size", 0): ("", len),
    ("isempty", 0): ("", lambda items: not items),
    ("keyset", 0): ("", lambda items: Collection(items.keys())),
    ("values", 0): ("", lambda items: Collection(items.values())),
    ("entryset", 0): ("", lambda items: Collection(Entry(key, item) for key, item in items.items())),
    ("get", 1): ("o", lambda items, key: items.get(key)),
    ("getordefault", 2): ("oo", lambda items, key, default: items.get(key, default)),
    ("containskey", 1): ("o", has_key),
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
    key: LIST_MEMBERS[key] for key in (("size", 0), ("empty", 0), ("isempty", 0), ("contains", 1), ("tostring", 0))
}
NUMBER_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {
    ("intvalue", 0): ("", lambda value: (int(value) + 2**31) % 2**32 - 2**31),
    ("longvalue", 0): ("", lambda value: Long(int(value))),
    ("doublevalue", 0): ("", float),
    ("floatvalue", 0): ("", Float32),
    ("tostring", 0): ("", to_text),
    ("equals", 1): ("o", lambda value, other: class_name(value) == class_name(other) and value == other),
    ("compareto", 1): ("o", lambda value, other: (value > other) - (value < other)),
    ("hashcode", 0): ("", lambda value: int(value) if is_int(value) or is_long(value) else 0),
}
ANY_MEMBERS: Final[dict[tuple[str, int], tuple[str, Callable[..., Any]]]] = {("tostring", 0): ("", to_text)}

MEMBERS: Final[tuple[tuple[Callable[[Any], bool], dict[tuple[str, int], tuple[str, Callable[..., Any]]]], ...]] = (
    (is_text, STRING_MEMBERS),
    (is_list, LIST_MEMBERS),
    (is_map, MAP_MEMBERS),
    (lambda value: isinstance(value, Entry), ENTRY_MEMBERS),
    (lambda value: isinstance(value, LoopState), LOOP_MEMBERS),
    (lambda value: isinstance(value, Collection), COLLECTION_MEMBERS),
    (is_number, NUMBER_MEMBERS),
    (lambda value: value is not None, ANY_MEMBERS),
)
