"""Filters for numbers (spec, 6.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter
from flowrun.template.operators import (
    DECIMAL,
    LONGEST_NUMBER,
    WHOLE,
    parsed_double,
    single_precision,
    unsigned_zero,
    wrap32,
    wrap64,
)
from flowrun.template.values import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    BigInteger,
    Float32,
    Long,
    cast_text,
    class_name,
    float_text,
    is_int,
    is_long,
    is_number,
    is_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.template.callables import RenderContext

LARGEST_EXPONENT: Final = 100_000
HUGE: Final = 10**5000


def absolute(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        raise Failure('Can not pass null value to "abs" filter.')
    if not is_number(value):
        raise Failure("The 'abs' filter does require as input a number.")
    if isinstance(value, Float32):
        return Float32(abs(value))
    if is_int(value):
        return int(wrap32(abs(value)))
    return wrap64(abs(value)) if is_long(value) else value.copy_abs() if isinstance(value, Decimal) else abs(value)


def to_number(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_text(value):
        raise Failure(f"'number' filter can only be applied to String. Actual type was: {class_name(value)}")
    kind = cast_text(arguments.get("type", ""))
    try:
        return CONVERSIONS.get(kind, inferred)(value)
    except (ValueError, ArithmeticError) as problem:
        raise Failure(f'For input string: "{value}"') from problem


def whole(text: str, lowest: int, highest: int) -> int:
    if not WHOLE.fullmatch(text) or len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    number = int(text)
    if not lowest <= number <= highest:
        raise ValueError(text)
    return number


def big_decimal(text: str) -> Decimal:
    if not DECIMAL.fullmatch(text) or len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    number = unsigned_zero(Decimal(text))
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > LARGEST_EXPONENT:
        raise ValueError(text)
    return number


def inferred(text: str) -> Any:
    """The smallest class that holds the number: what `NumberUtils.createNumber` of Apache Commons finds."""
    if not text.strip():
        raise ValueError(text)
    radix = RADIX.match(text)
    if radix:
        return sized(int(radix.group(1) + radix.group(3), 16))
    if WHOLE.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits.startswith("0"):
            return sized(int(text, 8))
        return sized(whole(text, -HUGE, HUGE))
    suffix, bare = text[-1], text[:-1]
    if suffix in "lL" and WHOLE.fullmatch(bare):
        number = decoded(bare, -HUGE, HUGE)
        return Long(number) if LONG_MIN <= number <= LONG_MAX else number
    if suffix in "fF" and DECIMAL.fullmatch(bare):
        return suffixed(bare, single=True)
    if suffix in "dD" and DECIMAL.fullmatch(bare):
        return suffixed(bare, single=False)
    if not DECIMAL.fullmatch(text):
        raise ValueError(text)
    return fraction(text)


RADIX: Final = re.compile(r"([+-]?)(0[xX]|#)([0-9a-fA-F]+)$")


def sized(number: int) -> Any:
    """An Integer, Long or BigInteger, by size."""
    if INT_MIN <= number <= INT_MAX:
        return number
    return Long(number) if LONG_MIN <= number <= LONG_MAX else number


def suffixed(text: str, *, single: bool) -> Any:
    number = single_precision(float(text)) if single else float(text)
    lost = number in (float("inf"), float("-inf")) or (number == 0 and Decimal(text) != 0)
    return suffixed(text, single=False) if lost and single else big_decimal(text) if lost else number


def fraction(text: str) -> Any:
    """A float where float and double print alike, a double where it keeps the value, else a BigDecimal."""
    exact, wide = big_decimal(text), float(text)
    narrow = single_precision(wide)
    lost = wide in (float("inf"), float("-inf")) or (not wide and exact != 0)
    if lost:
        return exact
    if (
        narrow not in (float("inf"), float("-inf"))
        and (narrow or exact == 0)
        and float_text(narrow) == float_text(wide)
    ):
        return narrow
    if Decimal(repr(wide)) == exact:
        return wide
    return exact


def decoded(text: str, lowest: int, highest: int) -> int:
    """`Integer.decode` and its like: decimal, `0x…`, `#…` and octal with a leading zero."""
    radix = RADIX.fullmatch(text)
    if radix:
        number = int(radix.group(1) + radix.group(3), 16)
    else:
        number = whole(text, -HUGE, HUGE)
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits.startswith("0"):
            number = int(text, 8)
    if not lowest <= number <= highest:
        raise ValueError(text)
    return number


CONVERSIONS: Final[dict[str, Callable[[str], Any]]] = {
    "INT": lambda text: decoded(text, INT_MIN, INT_MAX),
    "LONG": lambda text: Long(decoded(text, LONG_MIN, LONG_MAX)),
    "BIGINTEGER": lambda text: BigInteger(decoded(text, -HUGE, HUGE)),
    "FLOAT": lambda text: single_precision(parsed_double(text)),
    "DOUBLE": parsed_double,
    "BIGDECIMAL": big_decimal,
}


def number_format(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_number(value):
        raise Failure("The input for the 'NumberFormat' filter has to be a number.")
    from flowrun.template.number_pattern import decimal_format

    pattern = arguments.get("format")
    return decimal_format(value, "#,##0.###" if pattern is None else cast_text(pattern))


FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(absolute),
    "number": Filter(to_number, ("type",)),
    "numberFormat": Filter(number_format, ("format",)),
}
