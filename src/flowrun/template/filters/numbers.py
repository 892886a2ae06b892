"""Filters of numbers (spec, 6.1 and appendix D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Filter, RenderContext
from flowrun.template.filters.text import cast_text
from flowrun.template.values import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    Float32,
    Long,
    class_name,
    float_text,
    is_int,
    is_long,
    is_number,
    is_text,
)

if TYPE_CHECKING:
    from decimal import Decimal

DEFAULT_PATTERN: Final = "#,##0.###"
MOST_DIGITS: Final = 400
"""Of an exponent, when text becomes a BigDecimal: more would only fill the memory."""


def absolute(value: Any, _args: Arguments, _ctx: RenderContext) -> Any:
    """The number without its sign, of the same type."""
    if value is None:
        raise Failure('Can not pass null value to "abs" filter.')
    if not is_number(value):
        raise Failure("The 'abs' filter does require as input a number.")
    if is_int(value) or is_long(value):
        least = INT_MIN if is_int(value) else LONG_MIN
        return value if value == least else type(value)(abs(int(value)))
    return type(value)(abs(value))


# --- text to number


def number(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """The number that a text stands for."""
    if value is None:
        return None
    if not is_text(value):
        raise Failure(f"'number' filter can only be applied to String. Actual type was: {class_name(value)}")
    kind = args.get("type")
    if kind is not None:
        kind = cast_text(kind)
    text = str(value)
    if kind in ("INT", "LONG", "BIGINTEGER"):
        return _integer_of_kind(kind, text)
    if kind in ("FLOAT", "DOUBLE"):
        return (_float32 if kind == "FLOAT" else float)(_decimal_text(text.strip().rstrip("fFdD")))
    if kind == "BIGDECIMAL":
        return _big_decimal(text)
    return _inferred(text)


def _integer_of_kind(kind: str, text: str) -> int:
    found = _decoded(text)
    low, high = {"INT": (INT_MIN, INT_MAX), "LONG": (LONG_MIN, LONG_MAX)}.get(kind, (found, found))
    if not low <= found <= high:
        raise Failure(f'For input string: "{text}"')
    return Long(found) if kind == "LONG" else found


def _decoded(text: str) -> int:
    """`Integer.decode`: a leading 0 is octal, `0x` and `#` are hexadecimal."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("-", "+") else text
    base = 10
    for prefix, its_base in (("0x", 16), ("0X", 16), ("#", 16), ("0", 8)):
        if digits.startswith(prefix) and len(digits) > len(prefix):
            digits, base = digits[len(prefix) :], its_base
            break
    allowed = "0123456789abcdef"[:base]
    if not digits or len(digits) > 4000 or any(digit not in allowed for digit in digits.lower()):
        shown = digits if base == 8 else text
        raise Failure(f'For input string: "{shown}"' + (f" under radix {base}" if base != 10 else ""))
    return sign * int(digits, base)


def _inferred(text: str) -> Any:
    if not text.strip():
        raise Failure("A blank string is not a valid number")
    bare = text.lstrip("+-")
    if bare[:2] in ("0x", "0X") or bare[:1] == "#":
        return _decoded(text)
    suffix = text[-1]
    if not (suffix.isdigit() or suffix == "."):
        return _suffixed(text, suffix)
    if not any(char in text for char in ".eE"):
        return _decoded(text)
    return _inferred_decimal(text)


def _suffixed(text: str, suffix: str) -> Any:
    bare = text[:-1]
    if suffix in "lL" and bare.lstrip("-").isdecimal():
        return _long_or_big(int(bare))
    if suffix in "fFdD" and bare[-1:].isdigit():
        found = float(_decimal_text(bare))
        return _float32(bare) if suffix in "fF" else found
    raise Failure(f"{text} is not a valid number.")


def _long_or_big(found: int) -> int:
    return Long(found) if LONG_MIN <= found <= LONG_MAX else found


def _inferred_decimal(text: str) -> Any:
    from decimal import Decimal

    double = float(_decimal_text(text))
    single = _float32(text)
    zero = not any(char in "123456789" for char in text.lower().partition("e")[0])
    if (single or zero) and float_text(single) == float_text(double) != "Infinity" and abs(single) != float("inf"):
        return single
    exact = _big_decimal(text)
    if (double or zero) and abs(double) != float("inf") and Decimal(repr(double)) == exact:
        return double
    return exact


def _float32(text: str) -> Float32:
    from struct import pack, unpack

    value = float(text)
    try:
        return Float32(unpack("f", pack("f", value))[0])
    except OverflowError:
        return Float32("inf" if value > 0 else "-inf")


def _decimal_text(text: str) -> str:
    """The text, if it is a decimal number."""
    import re

    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        raise Failure(f'For input string: "{text}"')
    return text


def _big_decimal(text: str) -> Decimal:
    from decimal import Decimal

    found = Decimal(_decimal_text(text))
    if abs(int(found.as_tuple().exponent)) > MOST_DIGITS + len(text):
        raise Failure(f"{text} is not a valid number.")
    return found


# --- number to text


def number_format(value: Any, args: Arguments, _ctx: RenderContext) -> Any:
    """Java's `DecimalFormat`."""
    if value is None:
        return None
    if not is_number(value):
        raise Failure("The input for the 'NumberFormat' filter has to be a number.")
    pattern = args.get("format")
    return formatted(value, DEFAULT_PATTERN if pattern is None else cast_text(pattern))


@dataclass(slots=True)
class NumberPattern:
    """A `DecimalFormat` pattern, read."""

    prefix: str
    suffix: str
    negative_prefix: str
    negative_suffix: str
    multiplier: int
    least_whole: int
    most_whole: int
    least_fraction: int
    most_fraction: int
    grouping: int
    point_always: bool
    exponent_digits: int


def formatted(value: Any, pattern: str) -> str:
    """The number in this pattern."""
    from decimal import Decimal, localcontext

    rules = _read_pattern(pattern)
    if isinstance(value, float):
        value = float(value) * rules.multiplier
        if value != value:  # noqa: PLR0124
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return _with_affixes("∞", rules, negative=value < 0)
    with localcontext(prec=20_000):
        exact = Decimal(value) if isinstance(value, float) else Decimal(value) * rules.multiplier
        digits = _scientific(abs(exact), rules) if rules.exponent_digits else _plain(abs(exact), rules)
    return _with_affixes(digits, rules, negative=exact.is_signed())


def _with_affixes(digits: str, rules: NumberPattern, *, negative: bool) -> str:
    if negative:
        return rules.negative_prefix + digits + rules.negative_suffix
    return rules.prefix + digits + rules.suffix


def _plain(exact: Decimal, rules: NumberPattern) -> str:
    from decimal import ROUND_HALF_EVEN, Decimal

    rounded = exact.quantize(Decimal(1).scaleb(-rules.most_fraction), rounding=ROUND_HALF_EVEN)
    whole, _, fraction = f"{rounded:f}".partition(".")
    fraction = fraction.rstrip("0").ljust(rules.least_fraction, "0")
    whole = whole.lstrip("0").rjust(rules.least_whole, "0")
    if not whole and not fraction:
        whole = "0"
    if rules.grouping:
        whole = _grouped(whole, rules.grouping)
    return whole + ("." if fraction or rules.point_always else "") + fraction


def _grouped(whole: str, size: int) -> str:
    start = len(whole) % size
    parts = [whole[:start]] if start else []
    parts += [whole[position : position + size] for position in range(start, len(whole), size)]
    return ",".join(parts)


def _scientific(exact: Decimal, rules: NumberPattern) -> str:
    from decimal import ROUND_HALF_EVEN, Context

    significant = rules.most_whole + rules.most_fraction
    rounded = Context(prec=max(significant, 1), rounding=ROUND_HALF_EVEN).plus(exact) if significant else exact
    digits = "".join(map(str, rounded.as_tuple().digits)).rstrip("0")
    point = rounded.adjusted() + 1 if digits else 0
    least_whole = rules.least_whole
    if rules.most_whole > 1 and rules.most_whole > rules.least_whole:
        exponent = (point - 1) // rules.most_whole * rules.most_whole
        least_whole = 1
    else:
        exponent = point - (rules.least_whole if rules.least_whole or rules.least_fraction else 1)
    whole_digits = point - exponent if digits else least_whole
    exponent = exponent if digits else 0
    digits = digits.ljust(max(rules.least_whole + rules.least_fraction, whole_digits), "0")
    whole, fraction = digits[:whole_digits], digits[whole_digits:]
    sign = "-" if exponent < 0 else ""
    point_text = "." if fraction or rules.point_always else ""
    return f"{whole}{point_text}{fraction}E{sign}{str(abs(exponent)).rjust(rules.exponent_digits, '0')}"


def _read_pattern(pattern: str) -> NumberPattern:
    reader = _PatternReader(pattern)
    prefix = reader.affix()
    rules = reader.number_part()
    rules.prefix, rules.suffix = prefix, reader.affix()
    rules.negative_prefix, rules.negative_suffix = "-" + rules.prefix, rules.suffix
    if reader.next_is(";"):
        reader.position += 1
        negative_prefix = reader.affix()
        reader.skip_number_part()
        negative_suffix = reader.affix()
        if (negative_prefix, negative_suffix) != (rules.prefix, rules.suffix):
            rules.negative_prefix, rules.negative_suffix = negative_prefix, negative_suffix
    if reader.position < len(pattern):
        raise Failure(f"Unquoted special character '{pattern[reader.position]}' in pattern \"{pattern}\"")
    rules.multiplier = reader.multiplier
    return rules


class _PatternReader:
    """Walks through a `DecimalFormat` pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.multiplier = 1

    def next_is(self, chars: str) -> bool:
        return self.position < len(self.pattern) and self.pattern[self.position] in chars

    def affix(self) -> str:
        parts: list[str] = []
        while self.position < len(self.pattern) and not self.next_is("#0,.;"):
            char = self.pattern[self.position]
            self.position += 1
            if char == "'":
                parts.append(self.quoted())
                continue
            if char in "%‰":
                self.multiplier = 100 if char == "%" else 1000
            parts.append("$" if char == "¤" else char)
        return "".join(parts)

    def quoted(self) -> str:
        end = self.pattern.find("'", self.position)
        if end == self.position:
            self.position += 1
            return "'"
        if end < 0:
            raise self.malformed()
        text = self.pattern[self.position : end]
        self.position = end + 1
        return text

    def malformed(self) -> Failure:
        return Failure(f'Malformed pattern "{self.pattern}"')

    def skip_number_part(self) -> None:
        while self.next_is("#0,.E"):
            self.position += 1

    def number_part(self) -> NumberPattern:
        left = zeros = right = 0
        point = grouping = -1
        while self.next_is("#0,."):
            char = self.pattern[self.position]
            self.position += 1
            if char == ",":
                grouping = 0
                continue
            if char == ".":
                if point >= 0:
                    raise Failure(f'Multiple decimal separators in pattern "{self.pattern}"')
                point = left + zeros + right
                continue
            if char == "0":
                if right:
                    raise Failure(f"Unexpected '0' in pattern \"{self.pattern}\"")
                zeros += 1
            elif zeros:
                right += 1
            else:
                left += 1
            if grouping >= 0 and point < 0:
                grouping += 1
        exponent_digits = self.exponent()
        if not zeros and left and point >= 0:
            whole = max(point, 1)
            left, zeros, right = whole - 1, 1, left - whole
        total = left + zeros + right
        if (point < 0 and right) or (point >= 0 and not left <= point <= left + zeros) or grouping == 0:
            raise self.malformed()
        whole_least = (total if point < 0 else point) - left
        return NumberPattern(
            prefix="",
            suffix="",
            negative_prefix="",
            negative_suffix="",
            multiplier=1,
            least_whole=whole_least,
            most_whole=left + whole_least,
            least_fraction=0 if point < 0 else left + zeros - point,
            most_fraction=0 if point < 0 else total - point,
            grouping=max(grouping, 0),
            point_always=point >= 0 and point in (0, total),
            exponent_digits=exponent_digits,
        )

    def exponent(self) -> int:
        if not self.next_is("E"):
            return 0
        self.position += 1
        start = self.position
        while self.next_is("0"):
            self.position += 1
        if start == self.position:
            raise Failure(f'Malformed exponential pattern "{self.pattern}"')
        return self.position - start


FILTERS: dict[str, Filter] = {
    "abs": Filter(absolute),
    "number": Filter(number, ("type",)),
    "numberFormat": Filter(number_format, ("format",)),
}
