"""Java's arithmetic, comparison and logic (spec, 2.2 to 2.10). Each refuses with `Failure`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from enum import Enum
from typing import Any, Final

from flowrun.template.callables import Failure
from flowrun.template.limits import bounded, check_elements
from flowrun.template.values import (
    LONG_MAX,
    LONG_MIN,
    Array,
    Char,
    Collection,
    Entry,
    Float32,
    Long,
    SafeString,
    class_name,
    float_text,
    is_collection,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    to_text,
)

DECIMAL128: Final = Context(prec=34, rounding=ROUND_HALF_UP)


def wrap64(value: int) -> Long:
    """Overflow of a 64-bit integer, silent as in Java."""
    return Long((value + 2**63) % 2**64 - 2**63)


def wrap32(value: int) -> Long:
    """Overflow of a 32-bit integer; the result is 64-bit all the same."""
    return Long((value + 2**31) % 2**32 - 2**31)


def number(value: Any) -> Any:
    """An operand of arithmetic: a number, or text that holds one."""
    if is_number(value):
        return value
    if is_text(value):
        try:
            return parsed_double(value) if any(char in value for char in ".eE") else parsed_long(value)
        except ValueError as problem:
            raise Failure(f'For input string: "{value}"') from problem
    raise Failure(f"Cannot convert to Number: {to_text(value)}")


def parsed_long(text: str) -> Long:
    """`Long.parseLong`. Raises `ValueError`."""
    if not WHOLE.fullmatch(text) or len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    value = int(text)
    if not LONG_MIN <= value <= LONG_MAX:
        raise ValueError(text)
    return Long(value)


def parsed_double(text: str) -> float:
    """`Double.parseDouble`: blanks around and a suffix are allowed. Raises `ValueError`."""
    text = text.strip(CONTROLS)
    if text.lstrip("+-") in ("NaN", "Infinity") and len(text) - len(text.lstrip("+-")) < 2:
        return float(text)
    bare = text[:-1] if text[-1:] in "fFdD" else text
    if not DECIMAL.fullmatch(bare):
        raise ValueError(text)
    return float(bare)


CONTROLS: Final = "".join(map(chr, range(33)))
"""What Java's `trim` takes away: characters up to U+0020."""

WHOLE: Final = re.compile(r"[+-]?\d+")
DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LONGEST_NUMBER: Final = 5000


def arithmetic(symbol: str, left: Any, right: Any) -> Any:
    """`+ - * / %` of two numbers; the wider type wins (spec, 2.2)."""
    left, right = number(left), number(right)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return decimal_arithmetic(symbol, left, right)
    if isinstance(left, float) or isinstance(right, float):
        if any(isinstance(side, float) and not isinstance(side, Float32) for side in (left, right)):
            return float_arithmetic(symbol, float(left), float(right))
        return single_precision(float_arithmetic(symbol, single_precision(left), single_precision(right)))
    wrap = wrap64 if is_long(left) or is_long(right) else wrap32
    return wrap(int_arithmetic(symbol, wrap(left), wrap(right)))


def int_arithmetic(symbol: str, left: int, right: int) -> int:
    if symbol in SIMPLE:
        return int(SIMPLE[symbol](left, right))
    if right == 0:
        raise Failure("/ by zero")
    quotient = abs(left) // abs(right)
    if (left < 0) != (right < 0):
        quotient = -quotient
    return quotient if symbol == "/" else left - quotient * right


def float_arithmetic(symbol: str, left: float, right: float) -> float:
    try:
        if symbol in SIMPLE:
            return float(SIMPLE[symbol](left, right))
        if symbol == "%":
            return math.fmod(left, right)
        return left / right
    except ZeroDivisionError:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    except (ValueError, OverflowError):
        return math.nan


def single_precision(value: float) -> Float32:
    """Rounded to 32 bits."""
    from struct import pack, unpack

    try:
        return Float32(unpack("f", pack("f", value))[0])
    except OverflowError:
        return Float32(math.inf if value > 0 else -math.inf)


def decimal_arithmetic(symbol: str, left: Any, right: Any) -> Decimal:
    """BigDecimal; operands go through the text of a double, so digits beyond it are lost."""
    if any(math.isinf(float(side)) or math.isnan(float(side)) for side in (left, right)):
        raise Failure("Infinite or NaN")
    try:
        first, second = (Decimal(float_text(float(side))) for side in (left, right))
        if symbol == "%" and second and abs(first) < abs(second):
            return first
        return unsigned_zero(DECIMAL_ARITHMETIC[symbol](first, second))
    except (DecimalException, ValueError) as problem:
        raise Failure("/ by zero") from problem


def unsigned_zero(value: Decimal) -> Decimal:
    """A BigDecimal has no negative zero."""
    return value or value.copy_abs()


EXACT: Final = Context(prec=1500)
DECIMAL_ARITHMETIC: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": DECIMAL128.multiply,
    "/": DECIMAL128.divide,
    "%": DECIMAL128.remainder,
}


SIMPLE: Final[dict[str, Callable[[Any, Any], Any]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def add(left: Any, right: Any) -> Any:
    """`+`: text first, then lists, then numbers."""
    if is_text(left) or is_text(right) or isinstance(left, SafeString) or isinstance(right, SafeString):
        return bounded(to_text(left) + to_text(right))
    if is_list(left):
        check_elements(len(left) + (len(right) if is_collection(right) else 1))
        return [*left, *right] if is_collection(right) else [*left, right]
    return arithmetic("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """`-`: elements out of a list, or numbers."""
    if is_list(left):
        if is_collection(right):
            return [item for item in left if not member(item, right)]
        rest = list(left)
        for place, item in enumerate(rest):
            if same(item, right):
                del rest[place]
                break
        return rest
    return arithmetic("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """`*`."""
    return arithmetic("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """`/`."""
    return arithmetic("/", left, right)


def remainder(left: Any, right: Any) -> Any:
    """`%`."""
    return arithmetic("%", left, right)


def negate(value: Any) -> Any:
    """Unary minus keeps the type."""
    value = number(value)
    if isinstance(value, Decimal):
        return decimal_arithmetic("*", value, -1.0)
    if isinstance(value, float):
        return Float32(-value) if isinstance(value, Float32) else -value
    return wrap64(-value) if is_long(value) else wrap32(-value)


def plus(value: Any) -> Any:
    """Unary plus: whole numbers become Longs."""
    value = number(value)
    if isinstance(value, Decimal):
        return decimal_arithmetic("*", value, 1.0)
    return value if isinstance(value, float) or is_long(value) else wrap32(value)


# --- equality


def same(left: Any, right: Any) -> bool:
    """Java's `equals`, which knows that an Integer is no Long and a character no text."""
    if left is None or right is None:
        return left is right
    if is_number(left) or is_number(right) or isinstance(left, bool) or isinstance(right, bool):
        return class_name(left) == class_name(right) and left == right
    if isinstance(left, str) and isinstance(right, str):
        return (
            isinstance(left, Char) == isinstance(right, Char)
            and isinstance(left, Enum) == isinstance(right, Enum)
            and left == right
        )
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(same, left, right))
    if is_map(left) and is_map(right):
        return len(left) == len(right) and all(key in right and same(item, right[key]) for key, item in left.items())
    if isinstance(left, Entry) and isinstance(right, Entry):
        return same(left.key, right.key) and same(left.value, right.value)
    if isinstance(left, Array):
        return left is right
    return bool(left == right)


def equal(left: Any, right: Any) -> bool:
    """`==`: numbers by value, an enum constant by its name, the rest as Java's `equals`."""
    if is_number(left) and is_number(right):
        return bool(float(left) == float(right))
    if isinstance(left, Enum) != isinstance(right, Enum) and isinstance(left, str) and isinstance(right, str):
        return to_text(left) == to_text(right)
    return same(left, right)


def compare(left: Any, right: Any, holds: Callable[[Any, Any], bool]) -> bool:
    """`< <= > >=`: numbers only; null is never smaller or greater."""
    if left is None or right is None:
        return False
    if is_number(left) and is_number(right):
        return holds(float(left), float(right))
    raise Failure(f"class {class_name(left)} cannot be compared with class {class_name(right)}")


def unequal(left: Any, right: Any) -> bool:
    """`!=`."""
    return not equal(left, right)


def greater(left: Any, right: Any) -> bool:
    """`>`."""
    return compare(left, right, operator.gt)


def greater_or_equal(left: Any, right: Any) -> bool:
    """`>=`."""
    return compare(left, right, operator.ge)


def less(left: Any, right: Any) -> bool:
    """`<`."""
    return compare(left, right, operator.lt)


def less_or_equal(left: Any, right: Any) -> bool:
    """`<=`."""
    return compare(left, right, operator.le)


def member(item: Any, items: Any) -> bool:
    """Whether a collection holds an equal element, in Java's sense."""
    return any(same(item, other) for other in items)


# --- logic


def truth(value: Any) -> bool:
    """An operand of `and`, `or`, `not` and `?:` that is not null (spec, 2.6)."""
    if isinstance(value, bool):
        return value
    if is_number(value):
        return bool(value != 0) and not (isinstance(value, float) and math.isnan(value))
    if is_text(value):
        return bool(value)
    raise Failure(f"class {class_name(value)} cannot be cast to class java.lang.Boolean")


def logical(value: Any) -> bool:
    """An operand of `and` and `or`: null is an error, told of `and` in both cases as the engine does."""
    if value is None:
        raise Failure("null value used in and operator and strict variables is set to true")
    return truth(value)


def negated(value: Any) -> bool:
    """`not`."""
    if value is None:
        raise Failure("null value given to not() and strict variables is set to true")
    if not isinstance(value, bool) and not is_number(value) and not is_text(value):
        name = class_name(value).rpartition(".")[2]
        raise Failure(f'Unsupported value type {name}. Expected Boolean, String, Number in "if" statement')
    return not truth(value)


# --- membership and ranges


def contains(left: Any, right: Any) -> bool:
    """`contains` (spec, 2.10)."""
    if is_collection(left):
        return all(member(item, left) for item in right) if is_collection(right) else member(right, left)
    if is_map(left):
        return not isinstance(right, list | Mapping) and any(same(right, key) for key in left)
    if isinstance(left, Array):
        return member(right, left)
    if is_text(left):
        return to_text(right) in left
    raise Failure(
        f"Contains operator can only be used on Collections, Maps and arrays. Actual type was: {class_name(left)}"
    )


def is_in(left: Any, right: Any) -> bool:
    """`isIn`: compares as text; keys and values of a map count."""
    if left is None or right is None:
        return False
    if is_map(right):
        candidates = [*right.keys(), *right.values()]
    elif is_list(right) or isinstance(right, Collection):
        candidates = list(right)
    else:
        return False
    if None in candidates:
        raise Failure('Cannot invoke "Object.toString()" because element is null')
    return to_text(left) in [to_text(candidate) for candidate in candidates]


def as_range(left: Any, right: Any) -> list[Any]:
    """`a..b` is the function `range`."""
    from flowrun.template.functions import make_range

    return make_range(left, right, 1)
