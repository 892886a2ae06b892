"""The values of the language: Java's, as far as users can tell them apart.

| Java | here |
|---|---|
| null, Boolean, String, Double, BigDecimal | `None`, `bool`, `str`, `float`, `decimal.Decimal` |
| Integer | a plain `int` of 32 bits: whole numbers of the variables, `length`, `fromJson` |
| Long | `Long`, or a plain `int` of more than 32 bits: literals, results of arithmetic |
| BigInteger | a plain `int` of more than 64 bits |
| Float | `Float32` |
| Character | `Char`: `first` and `last` of a text, ranges of letters |
| List, Map | `list`, `dict` (any mapping of the variables) |
| String[] | `Array`: what `split` gives; no list for several filters |
| Set, Collection | `Collection`: `keys` and `values` of a map; neither indexed nor sorted |
| Map.Entry | `Entry` |
| Instant, ZonedDateTime | an aware `datetime`, in UTC or with another offset |
| LocalDate | `date`: Ion dates |
| SafeString | `SafeString`: what a macro call gives |
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from flowrun.template.callables import Failure
from flowrun.template.limits import check_length

INT_MIN: Final = -(2**31)
INT_MAX: Final = 2**31 - 1
LONG_MIN: Final = -(2**63)
LONG_MAX: Final = 2**63 - 1


class Long(int):
    """A 64-bit integer, whatever its size."""

    __slots__ = ()


class LazyNumber(int):
    """`loop.length` and `loop.revindex`: numbers for arithmetic, but no Integer for tests and filters."""

    __slots__ = ()


class BigInteger(int):
    """A BigInteger, whatever its size: `number('BIGINTEGER')`."""

    __slots__ = ()


class Float32(float):
    """A 32-bit float; prints the shortest digits that give the same 32 bits."""

    __slots__ = ()


class Char(str):
    """A single Java character: no text for `==`, `length` or `trim`."""

    __slots__ = ()


class Array(list[Any]):
    """A Java array of strings."""

    __slots__ = ()


class Collection(tuple[Any, ...]):
    """A Java set or collection: it has a size and can be walked, no more."""

    __slots__ = ()


class Bean(dict[str, Any]):
    """A Java object with fields, such as `loop`: read like a map, printed as Java's text."""

    __slots__ = ()


class FixedList(list[Any]):
    """A list that can't be changed in place: `sort` and `reverse` refuse it."""

    __slots__ = ()


class HashMap(dict[Any, Any]):
    """A map in the order of its hashes: a literal, or what `merge` gives."""

    __slots__ = ()


class Entry:
    """One entry of a map, as `for` over a map gives it."""

    __slots__ = ("key", "value")

    def __init__(self, key: Any, value: Any) -> None:
        self.key = key
        self.value = value

    def __str__(self) -> str:
        return to_text(self)


class SafeString:
    """The text that a macro gives: it prints like its text and equals only its like."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SafeString) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text


class LoopState:
    """`loop` in the body of a `for`."""

    __slots__ = ("index", "length")

    def __init__(self, index: int, length: int) -> None:
        self.index = index
        self.length = length

    def entries(self) -> list[tuple[str, Any]]:
        """Its fields in the order of its JSON."""
        first, last = self.index == 0, self.index == self.length - 1
        left = self.length - self.index - 1
        known = {"first": first, "last": last, "length": self.length, "index": self.index, "revindex": left}
        return list(known.items())

    def __str__(self) -> str:
        first, last = ("true" if holds else "false" for holds in (self.index == 0, self.index == self.length - 1))
        left = self.length - self.index - 1
        return f"{{last={last}, length={self.length}, index={self.index}, revindex={left}, first={first}}}"


def is_text(value: Any) -> bool:
    """A Java String: no Character, no enum constant."""
    return isinstance(value, str) and not isinstance(value, Char | Enum)


def is_int(value: Any) -> bool:
    """A Java Integer."""
    return type(value) is int and INT_MIN <= value <= INT_MAX


def is_long(value: Any) -> bool:
    """A Java Long."""
    if isinstance(value, Long):
        return True
    return type(value) is int and LONG_MIN <= value <= LONG_MAX and not INT_MIN <= value <= INT_MAX


def is_number(value: Any) -> bool:
    """Any Java Number."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_list(value: Any) -> bool:
    """A Java List; arrays and sets are none."""
    return isinstance(value, list) and not isinstance(value, Array)


def is_collection(value: Any) -> bool:
    """A Java Collection: list or set, not an array."""
    return is_list(value) or isinstance(value, Collection)


def is_map(value: Any) -> bool:
    """A Java Map."""
    return isinstance(value, Mapping)


def cast_text(value: Any) -> str:
    """A value that must be a String. Raises `Failure`."""
    if isinstance(value, SafeString):
        return value.text
    if not is_text(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.lang.String")
    return str(value)


def java_int(value: Any) -> int:
    """`intValue`: whole numbers lose their upper bits, decimals stop at the bounds."""
    if not isinstance(value, float):
        return (int(value) + 2**31) % 2**32 - 2**31
    return 0 if math.isnan(value) else int(min(max(value, INT_MIN), INT_MAX))


def java_long(value: Any) -> int:
    """`longValue`: whole numbers lose their upper bits, decimals stop at the bounds."""
    if not isinstance(value, float):
        return (int(value) + 2**63) % 2**64 - 2**63
    return 0 if math.isnan(value) else int(min(max(value, LONG_MIN), LONG_MAX))


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, as Java counts."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def substring(text: str, start: int, end: int) -> str:
    """A part of a text by UTF-16 code units; half of a character outside the basic plane is a lone surrogate."""
    if text.isascii() or max(text) <= "\uffff":
        return text[start:end]
    return text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")


def well_formed(text: str) -> str:
    """Surrogates that meet become one character again; lone ones become `?`, as Java writes them."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined.replace("\ufffd", "?")
    return text


def class_name(value: Any) -> str:
    """The Java class of a value, for messages and `className`."""
    if isinstance(value, datetime) and value.utcoffset():
        return "java.time.ZonedDateTime"
    for known, name in CLASSES:
        if isinstance(value, known):
            return name
    if isinstance(value, int):
        return "java.lang.Integer" if is_int(value) else "java.lang.Long" if is_long(value) else "java.math.BigInteger"
    return "java.util.LinkedHashMap" if is_map(value) else "java.lang.Object"


CLASSES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "java.lang.Boolean"),
    (Char, "java.lang.Character"),
    (Enum, "io.kestra.core.models.flows.State$Type"),
    (str, "java.lang.String"),
    (Float32, "java.lang.Float"),
    (float, "java.lang.Double"),
    (Decimal, "java.math.BigDecimal"),
    (Array, "[Ljava.lang.String;"),
    (FixedList, "java.util.ImmutableCollections$ListN"),
    (list, "java.util.ArrayList"),
    (HashMap, "java.util.HashMap"),
    (Collection, "java.util.LinkedHashMap$LinkedKeySet"),
    (Entry, "java.util.ImmutableCollections$MapEntry"),
    (datetime, "java.time.Instant"),
    (date, "java.time.LocalDate"),
    (Long, "java.lang.Long"),
    (BigInteger, "java.math.BigInteger"),
    (LoopState, "io.pebbletemplates.pebble.node.ForNode$LoopVariables"),
    (LazyNumber, "io.pebbletemplates.pebble.node.fornode.LazyLength"),
    (bytes, "[B"),
    (SafeString, "java.lang.String"),
)


# --- text


def to_text(value: Any) -> str:
    """Java's own text of a value, as in `~` and `join`: `[a, b]`, `{k=v, n=null}`, `1.0E7`; null is `null`."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is Long:
        return int.__repr__(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_text(key)}={to_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Array | bytes):
        return f"[{'B' if isinstance(value, bytes) else 'Ljava.lang.String;'}@{id(value) & 0xFFFFFFFF:x}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join([to_text(item) for item in value]) + "]"
    if isinstance(value, Entry):
        return f"{to_text(value.key)}={to_text(value.value)}"
    if isinstance(value, SafeString):
        return value.text
    if isinstance(value, datetime):
        return zoned_text(value) if value.utcoffset() else instant_text(value)
    return str(value)


def printed(value: Any) -> str:
    """What `{{ value }}` prints: nothing for null, JSON for lists and maps, Java's text for the rest."""
    kind = type(value)
    if kind is int or kind is Long:
        return f"{value}"
    if value is None:
        return ""
    if isinstance(value, list | tuple | Mapping | bytes) and not isinstance(value, Bean):
        return to_json(value)
    if isinstance(value, Decimal):
        return plain_text(value)
    return to_text(value)


def float_text(value: float) -> str:
    """Java's text of a double or float: plain from 10⁻³ to 10⁷, else `d.dddE±n` (spec, appendix B)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if str(float(value)).startswith("-") else "0.0"
    shortest = float32_digits(value) if isinstance(value, Float32) else float.__repr__(value)
    if "e" in shortest and "." not in shortest:
        # There is always a digit after the point: of the texts with two digits, the nearest.
        shortest = f"{float(value):.1e}"
    sign, digits, exponent = Decimal(shortest).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    if not 1e-3 <= abs(value) < 1e7:
        return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    return f"{minus}{text[:point].ljust(point, '0')}.{text[point:] or '0'}"


def float32_digits(value: float) -> str:
    """The shortest decimal that rounds to the same 32-bit float."""
    from struct import pack

    target = pack("f", value)
    for precision in range(1, 10):
        text = f"{value:.{precision}g}"
        if pack("f", float(text)) == target:
            return text
    return repr(float(value))


def plain_text(value: Decimal) -> str:
    """`BigDecimal.toPlainString`: all digits, without an exponent."""
    check_length(abs(value.adjusted()))
    return f"{value:f}"


def decimal_text(value: Decimal) -> str:
    """`BigDecimal.toString`: an exponent only where Java writes one."""
    return str(value)


def instant_text(value: datetime) -> str:
    """An instant in UTC with 0, 3 or 6 digits of a second: `2025-06-15T07:08:09.123Z`."""
    moment = value.astimezone(UTC)
    micros = moment.microsecond
    fraction = "" if not micros else f".{micros // 1000:03}" if micros % 1000 == 0 else f".{micros:06}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def zoned_text(value: datetime) -> str:
    """A ZonedDateTime: `2025-06-15T07:08+02:00`, without seconds that are zero."""
    fraction = f"{value:%f}".rstrip("0") if value.microsecond else ""
    seconds = f":{value:%S}" if value.second or fraction else ""
    if fraction:
        seconds += "." + fraction.ljust(3 if len(fraction) <= 3 else 6, "0")
    return f"{value:%Y-%m-%dT%H:%M}{seconds}{value.isoformat()[-6:]}"


# --- JSON


def to_json(value: Any) -> str:
    """Compact JSON: map entries with a null value are left out at every level, nulls in lists stay (spec, 4.6)."""
    parts: list[str] = []
    _write_json(value, parts)
    return "".join(parts)


def _write_json(value: Any, parts: list[str]) -> None:
    if value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, str):
        parts.append(quoted(str(value)))
    elif isinstance(value, float):
        text = float_text(value)
        parts.append(text if text[-1].isdigit() else f'"{text}"')
    elif isinstance(value, int | Decimal):
        parts.append(to_text(value))
    elif isinstance(value, Mapping):
        _write_entries(value.items(), parts)
    elif isinstance(value, list | tuple):
        _write_items(value, parts)
    elif isinstance(value, Entry):
        _write_entries([(value.key, value.value)], parts)
    elif isinstance(value, bytes):
        from base64 import b64encode

        parts.append(quoted(b64encode(value).decode()))
    elif isinstance(value, datetime):
        parts.append(quoted(instant_text(value)))
    elif isinstance(value, LoopState):
        _write_entries(value.entries(), parts)
    elif isinstance(value, SafeString):
        raise TypeError("No serializer found for class io.pebbletemplates.pebble.extension.escaper.SafeString")
    else:
        parts.append(quoted(to_text(value)))


def _write_entries(entries: Iterable[tuple[Any, Any]], parts: list[str]) -> None:
    parts.append("{")
    first = True
    for key, item in entries:
        if item is None:
            continue
        if key is None:
            raise TypeError("Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)")
        parts.append(("" if first else ",") + quoted(to_text(key)) + ":")
        _write_json(item, parts)
        first = False
    parts.append("}")


def _write_items(items: Iterable[Any], parts: list[str]) -> None:
    parts.append("[")
    for number, item in enumerate(items):
        if number:
            parts.append(",")
        _write_json(item, parts)
    parts.append("]")


def quoted(text: str) -> str:
    r"""A JSON string, escaped no more than needed; control characters as upper-case `\u00XX`."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + text.translate(ESCAPES) + '"'


ESCAPES: Final = {code: f"\\u{code:04X}" for code in range(32)} | {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord("\b"): "\\b",
    ord("\f"): "\\f",
}
