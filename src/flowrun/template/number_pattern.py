"""Java's `DecimalFormat`: number patterns such as `#,##0.00` (spec, appendix D)."""

from __future__ import annotations

import math
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, NamedTuple

from flowrun.template.callables import Failure
from flowrun.template.values import float_text

EXACT: Final = Context(prec=1500)
EXPONENT: Final = re.compile("E(0*)")
DIGITS: Final = "#0,."


class Half(NamedTuple):
    """The positive or the negative half of a pattern: text before, places, text after."""

    prefix: str
    places: str
    suffix: str
    exponent: int
    scale: int
    end: int


class Pattern(NamedTuple):
    """What stands around a number, how many digits it has, and the power of ten that `%` and `‰` stand for."""

    prefix: str
    suffix: str
    negative: tuple[str, str]
    grouping: int
    least_whole: int
    most_whole: int
    least_fraction: int
    most_fraction: int
    exponent: int
    scale: int
    point: bool


EMPTY: Final = Pattern("", "", ("-", ""), 3, 0, 0, 0, 340, 0, 0, point=False)
"""What an empty pattern means."""


def decimal_format(value: Any, source: str) -> str:
    """A number in a pattern, rounded half-even, with English symbols. Raises `Failure` for a bad pattern."""
    one = parsed(source) if source else EMPTY
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    minus = value < 0 or (isinstance(value, float) and float_text(value).startswith("-"))
    prefix, suffix = one.negative if minus else (one.prefix, one.suffix)
    if isinstance(value, float):
        scaled = float(value) * 10**one.scale
        if math.isinf(scaled):
            return f"{prefix}∞{suffix}"
        exact = Decimal(scaled).copy_abs()
        # Whole numbers of up to 63 bits show all their digits.
        number = exact if scaled.is_integer() and exact < 2**63 else Decimal(repr(scaled)).copy_abs()
    else:
        number = exact = Decimal(value).copy_abs().scaleb(one.scale, EXACT)
    return prefix + (with_exponent(number, exact, one) if one.exponent else plain(number, exact, one)) + suffix


# --- patterns


def parsed(source: str) -> Pattern:
    """Both halves of a pattern; without a negative one, negative numbers get a minus sign."""
    one = half(source, 0, first=True)
    negative = (f"-{one.prefix}", one.suffix)
    if one.end < len(source):
        other = half(source, one.end, first=False)
        if (other.prefix, other.suffix) != (one.prefix, one.suffix):
            negative = (other.prefix, other.suffix)
    left, zeros, right, point, grouping = counted(one.places, source)
    if not zeros and left and point is not None:
        # `##.###` means `#0.###`, and `.###` means `.0##`.
        whole = point or 1
        left, zeros, right = whole - 1, 1, left - whole
    total = left + zeros + right
    if (right if point is None else not left <= point <= left + zeros) or grouping == 0:
        raise Failure(f'Malformed pattern "{source}"')
    place = total if point is None else point
    return Pattern(
        one.prefix,
        one.suffix,
        negative,
        grouping or 0,
        place - left,
        place,
        left + zeros - place if point is not None else 0,
        total - place,
        one.exponent,
        one.scale,
        point in (0, total),
    )


def half(source: str, at: int, *, first: bool) -> Half:
    """One half, from `at` to its end or to the `;` after the first."""
    prefix: list[str] = []
    suffix: list[str] = []
    text, places, exponent, scale = prefix, "", 0, 0
    while at < len(source):
        char = source[at]
        at += 1
        if char in DIGITS:
            places, text = places + char, suffix
            found = EXPONENT.match(source, at)
            if found and first:
                if exponent or not found.group(1) or not places.partition(".")[0].strip(","):
                    raise Failure(f'Malformed exponential pattern "{source}"')
                exponent = len(found.group(1))
            at = found.end() if found else at
        elif char == "'":
            quoted, at = unquoted(source, at)
            text.append(quoted)
        elif char == ";":
            if not first or text is prefix:
                raise Failure(f"Unquoted special character ';' in pattern \"{source}\"")
            break
        else:
            if char in "%‰":
                if scale:
                    raise Failure(f'Too many percent/per mille characters in pattern "{source}"')
                scale = 2 if char == "%" else 3
            text.append(char)
    before, after = ("".join(part).replace("¤¤", "XXX") for part in (prefix, suffix))
    return Half(before, places, after, exponent, scale, at)


def unquoted(source: str, at: int) -> tuple[str, int]:
    """The text after a quote, and where it ends; two quotes are one."""
    found = re.compile("'|((?:[^']|'')+)'").match(source, at)
    if found is None:
        raise Failure(f'Malformed pattern "{source}"')
    return (found.group(1) or "'").replace("''", "'"), found.end()


def counted(places: str, source: str) -> tuple[int, int, int, int | None, int | None]:
    """How many `#`, `0` and `#` again, where the point is, and how many places there are from the last comma to it."""
    left = zeros = right = 0
    point = grouping = None
    for char in places:
        if char == ",":
            grouping = 0
            continue
        if char == ".":
            if point is not None:
                raise Failure(f'Multiple decimal separators in pattern "{source}"')
            point = left + zeros + right
            continue
        if grouping is not None and point is None:
            grouping += 1
        if char == "0":
            if right:
                raise Failure(f"Unexpected '0' in pattern \"{source}\"")
            zeros += 1
        elif zeros:
            right += 1
        else:
            left += 1
    return left, zeros, right, point, grouping


# --- numbers


def half_even(number: Decimal, exact: Decimal, quantum: Decimal) -> Decimal:
    """The shortest digits of a number, rounded; where they are just halfway, its exact value decides."""
    below = number.quantize(quantum, ROUND_DOWN, EXACT)
    halfway = EXACT.multiply(EXACT.subtract(number, below), Decimal(2)) == quantum
    return (exact if halfway else number).quantize(quantum, ROUND_HALF_EVEN, EXACT)


def plain(number: Decimal, exact: Decimal, one: Pattern) -> str:
    """Digits with grouping, between the least and the most decimals."""
    rounded = half_even(number, exact, Decimal(1).scaleb(-one.most_fraction))
    whole, _, fraction = f"{rounded:f}".partition(".")
    fraction = fraction[: one.least_fraction] + fraction[one.least_fraction :].rstrip("0")
    whole = whole.lstrip("0").rjust(one.least_whole, "0")
    if not whole and not fraction:
        whole = "0"
    if one.grouping:
        whole = grouped(whole, one.grouping)
    return whole + ("." + fraction if fraction else "." if one.point else "")


def grouped(whole: str, size: int) -> str:
    head = len(whole) % size
    parts = [whole[:head]] if head else []
    return ",".join(parts + [whole[place : place + size] for place in range(head, len(whole), size)])


def with_exponent(number: Decimal, exact: Decimal, one: Pattern) -> str:
    """`0.###E0` and the like: significant digits are as many as the pattern has places."""
    digits, point = significant_digits(number, exact, one.most_whole + one.most_fraction)
    least_whole, exponent = one.least_whole, point
    if one.most_whole > max(one.least_whole, 1):
        # More places than must be: the exponent is a multiple of their number.
        exponent = (point - 1) // one.most_whole * one.most_whole
        least_whole = 1
    else:
        exponent -= least_whole
    whole = least_whole if not digits else point - exponent
    total = max(len(digits), one.least_whole + one.least_fraction, whole)
    digits = digits.ljust(total, "0")
    shown = 0 if not number else exponent
    fraction = "." + digits[whole:] if digits[whole:] or one.point else ""
    return f"{digits[:whole]}{fraction}E{'-' if shown < 0 else ''}{abs(shown):0{one.exponent}}"


def significant_digits(number: Decimal, exact: Decimal, most: int) -> tuple[str, int]:
    """Digits without zeros at the end, and where the point stands among them: `12.5` is `("125", 2)`."""
    if not number:
        return "", 0
    rounded = half_even(number, exact, Decimal(1).scaleb(number.adjusted() - most + 1))
    digits = "".join(map(str, rounded.as_tuple().digits)).rstrip("0")
    return digits, rounded.adjusted() + 1
