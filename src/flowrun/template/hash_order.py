"""The order in which a Java `HashMap` gives its entries (spec, appendix A)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from flowrun.template.values import Collection, Entry, Float32, HashMap, is_int, is_long, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = 0xFFFFFFFF


def literal_capacity(pairs: int) -> int:
    """The table size of a map literal of so many pairs."""
    return _power_of_two(-(-pairs * 4 // 3))


def merge_capacity(left: int, right: int) -> int:
    """The table size, before it grows, of a map that `merge` makes of two maps of these sizes."""
    return _power_of_two(left + right + 16)


def hash_ordered(items: Iterable[tuple[Any, Any]], capacity: int = 16) -> dict[Any, Any]:
    """The entries in Java's order for a table that starts with this capacity; of equal keys the last value wins."""
    entries = dict(items)
    size = _power_of_two(capacity)
    while len(entries) > size * 0.75:
        size *= 2
    return HashMap(sorted(entries.items(), key=lambda entry: _spread(java_hash(entry[0])) & (size - 1)))


def java_hash(key: Any) -> int:
    """`hashCode` of a key, as 32 unsigned bits."""
    if key is None:
        return 0
    if isinstance(key, bool):
        return 1231 if key else 1237
    if isinstance(key, int):
        return _long_hash(key)
    if isinstance(key, float):
        return _float_hash(key) if isinstance(key, Float32) else _double_hash(key)
    if isinstance(key, Decimal):
        return _decimal_hash(key)
    if isinstance(key, Entry):
        return java_hash(key.key) ^ java_hash(key.value)
    if isinstance(key, Collection):
        return sum(map(java_hash, key)) & MASK
    if isinstance(key, list):
        return _list_hash(key)
    if isinstance(key, Mapping):
        return sum(java_hash(name) ^ java_hash(item) for name, item in key.items()) & MASK
    return _text_hash(str(key) if isinstance(key, str) and not isinstance(key, Enum) else to_text(key))


def _list_hash(items: Iterable[Any]) -> int:
    code = 1
    for item in items:
        code = (31 * code + java_hash(item)) & MASK
    return code


def _long_hash(number: int) -> int:
    if is_int(number) or is_long(number):
        return number & MASK if is_int(number) else (number ^ (number >> 32)) & MASK
    return _magnitude_hash(number)


def _magnitude_hash(number: int) -> int:
    """BigInteger's: words of 32 bits, from the highest."""
    code, words = 0, abs(number)
    for shift in range((words.bit_length() + 31) // 32 * 32 - 32, -1, -32):
        code = (31 * code + (words >> shift & MASK)) & MASK
    return (-code if number < 0 else code) & MASK


def _decimal_hash(number: Decimal) -> int:
    """BigDecimal's: of its digits, and of its scale."""
    sign, digits, exponent = number.as_tuple()
    unscaled, scale = int("".join(map(str, digits))), -int(exponent)
    if unscaled < 2**63:
        code = 31 * (unscaled >> 32) + (unscaled & MASK)
        return 31 * (-code if sign else code) + scale & MASK
    return 31 * _magnitude_hash(-unscaled if sign else unscaled) + scale & MASK


def _float_hash(number: float) -> int:
    from struct import pack, unpack

    return int(unpack(">I", pack(">f", number))[0])


def _double_hash(number: float) -> int:
    from struct import pack, unpack

    bits: int = unpack(">Q", pack(">d", number))[0]
    return (bits ^ (bits >> 32)) & MASK


def _text_hash(text: str) -> int:
    code = 0
    if text.isascii():
        for unit in text.encode("ascii"):
            code = (31 * code + unit) & MASK
        return code
    data = text.encode("utf-16-be", "surrogatepass")
    for position in range(0, len(data), 2):
        code = (31 * code + (data[position] << 8 | data[position + 1])) & MASK
    return code


def _spread(code: int) -> int:
    return code ^ (code >> 16)


def _power_of_two(least: int) -> int:
    return 1 << max(least - 1, 0).bit_length()
