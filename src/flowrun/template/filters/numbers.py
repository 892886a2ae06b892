"""Filters for numbers (spec, 6.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter
from flowrun.template.operators import single_precision, wrap32, wrap64
from flowrun.template.values import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    BigInteger,
    Float32,
    Long,
    class_name,
    float_text,
    is_int,
    is_number,
    is_text,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.template.callables import RenderContext

DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
LARGEST_EXPONENT: Final = 100_000
HUGE: Final = 10**5000


def absolute(value: Any, _arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        raise Failure('Can not pass null value to "abs" filter.')
    if not is_number(value):
        raise Failure("The 'abs' filter does require as input a number.")
    if isinstance(value, Float32):
        return Float32(abs(value))
    if isinstance(value, int):
        return int(wrap32(abs(value))) if is_int(value) else wrap64(abs(value))
    return abs(value)


def to_number(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_text(value):
        raise Failure(f"'number' filter can only be applied to String. Actual type was: {class_name(value)}")
    kind = arguments.get("type")
    if kind is not None and not is_text(kind):
        raise Failure(f"class {class_name(kind)} cannot be cast to class java.lang.String")
    try:
        return CONVERSIONS.get(str(kind), inferred)(value)
    except (ValueError, ArithmeticError) as problem:
        raise Failure(f'For input string: "{value}"') from problem


def whole(text: str, lowest: int, highest: int) -> int:
    if not WHOLE.fullmatch(text) or len(text) > 5000:
        raise ValueError(text)
    number = int(text)
    if not lowest <= number <= highest:
        raise ValueError(text)
    return number


def double(text: str) -> float:
    """`Double.parseDouble`: blanks around and a suffix are allowed."""
    text = text.strip("".join(map(chr, range(33))))
    if text in ("NaN", "Infinity", "+Infinity", "-Infinity"):
        return float(text)
    bare = text[:-1] if text[-1:] in "fFdD" and text else text
    if not DECIMAL.fullmatch(bare):
        raise ValueError(text)
    return float(bare)


def big_decimal(text: str) -> Decimal:
    if not DECIMAL.fullmatch(text) or len(text) > 5000:
        raise ValueError(text)
    number = Decimal(text)
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
        number = whole(bare, -HUGE, HUGE)
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
    "FLOAT": lambda text: single_precision(double(text)),
    "DOUBLE": double,
    "BIGDECIMAL": big_decimal,
}


def number_format(value: Any, arguments: Arguments, _context: RenderContext) -> Any:
    if value is None:
        return None
    if not is_number(value):
        raise Failure("The input for the 'NumberFormat' filter has to be a number.")
    from flowrun.template.formatting import decimal_format

    pattern = arguments.get("format")
    return decimal_format(value, "#,##0.###" if pattern is None else to_text(pattern))


FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(absolute),
    "number": Filter(to_number, ("type",)),
    "numberFormat": Filter(number_format, ("format",)),
}
