"""Java's `String.format` and `DecimalFormat` (spec, 6.1 and appendix D)."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, NamedTuple

from flowrun.template.callables import Failure
from flowrun.template.limits import check_length
from flowrun.template.values import Char, Float32, class_name, float_text, is_int, to_text

# --- String.format

SPECIFIER: Final = re.compile(r"%(\d+\$|<)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
EXACT: Final = Context(prec=1200)


class Specifier(NamedTuple):
    """One `%…` of a format."""

    flags: str
    width: int
    precision: int | None
    conversion: str
    text: str


def java_format(pattern: str, arguments: list[Any]) -> str:
    """`String.format`. Raises `Failure` where Java raises."""
    out: list[str] = []
    position, ordinary, last = 0, 0, -1
    while (percent := pattern.find("%", position)) >= 0:
        out.append(pattern[position:percent])
        found = SPECIFIER.match(pattern, percent)
        if found is None:
            raise Failure(f"Conversion = '{pattern[percent + 1 : percent + 2] or '%'}'")
        one = specifier(found)
        position = found.end()
        if one.conversion in ("%", "n"):
            out.append("\n" if one.conversion == "n" else padded("%", one))
            continue
        if found.group(1) == "<":
            place = last
        elif found.group(1):
            place = int(found.group(1)[:-1]) - 1
        else:
            place, ordinary = ordinary, ordinary + 1
        if not 0 <= place < len(arguments):
            raise Failure(f"Format specifier '{one.text}'")
        last = place
        out.append(formatted(arguments[place], one))
    out.append(pattern[position:])
    return "".join(out)


def specifier(found: re.Match[str]) -> Specifier:
    _, flags, width, precision, conversion = found.groups()
    check_length(int(width or 0))
    check_length(int(precision or 0))
    if ("-" in flags or "0" in flags) and width is None:
        raise Failure(found.group())
    if "-" in flags and "0" in flags:
        raise Failure(f"Flags = '{flags}'")
    return Specifier(flags, int(width or 0), None if precision is None else int(precision), conversion, found.group())


def formatted(value: Any, one: Specifier) -> str:
    """One argument by its conversion; an upper-case letter gives upper case."""
    write = CONVERSIONS.get(one.conversion.lower())
    if write is None or one.conversion in ("D", "O", "F"):
        raise Failure(f"Conversion = '{one.conversion}'")
    text = write(value, one)
    return text.upper() if one.conversion.isupper() else text


def padded(text: str, one: Specifier) -> str:
    return text.ljust(one.width) if "-" in one.flags else text.rjust(one.width)


def general(value: Any, one: Specifier) -> str:
    text = to_text(value)
    return padded(text if one.precision is None else text[: one.precision], one)


def boolean(value: Any, one: Specifier) -> str:
    text = to_text(value) if isinstance(value, bool) else "false" if value is None else "true"
    return padded(text if one.precision is None else text[: one.precision], one)


def character(value: Any, one: Specifier) -> str:
    if value is None:
        return padded("null", one)
    if isinstance(value, Char):
        return padded(str(value), one)
    if is_int(value) and 0 <= value < 0x110000:
        return padded(chr(value), one)
    raise mismatch(one, value)


def hash_code(value: Any, one: Specifier) -> str:
    from flowrun.template.hash_order import java_hash

    return padded("null" if value is None else f"{java_hash(value):x}", one)


def integer(value: Any, one: Specifier) -> str:
    if value is None:
        return padded("null", one)
    if not isinstance(value, int) or isinstance(value, bool):
        raise mismatch(one, value)
    if one.precision is not None:
        raise Failure(str(one.precision))
    conversion = one.conversion.lower()
    if conversion == "d":
        digits = f"{abs(value):,}" if "," in one.flags else str(abs(int(value)))
        return signed(digits, one, negative=value < 0)
    unsigned = value if value >= 0 else value + (2**32 if is_int(value) else 2**64)
    digits = f"{unsigned:{conversion}}"
    if "#" in one.flags:
        digits = ("0x" if conversion == "x" else "0") + digits
    return digits.rjust(one.width, "0") if "0" in one.flags else padded(digits, one)


def signed(digits: str, one: Specifier, *, negative: bool) -> str:
    """Sign or parentheses, and zeros between the sign and the digits."""
    before, after = ("(", ")") if negative and "(" in one.flags else ("-", "") if negative else ("", "")
    if not negative:
        before = "+" if "+" in one.flags else " " if " " in one.flags else ""
    if "0" in one.flags:
        digits = digits.rjust(one.width - len(before) - len(after), "0")
    return padded(before + digits + after, one)


def decimal(value: Any, one: Specifier) -> str:
    if value is None:
        return padded("null", one)
    if not isinstance(value, float | Decimal):
        raise mismatch(one, value)
    if isinstance(value, float) and (not math.isfinite(value)):
        text = "NaN" if math.isnan(value) else "Infinity"
        plain = one._replace(flags=one.flags.replace("0", ""))
        return signed(text, plain, negative=value < 0)
    precision = 6 if one.precision is None else one.precision
    # Java rounds the digits that it would print, not the binary value.
    number = abs(value if isinstance(value, Decimal) else Decimal(shortest(value)))
    negative = value < 0 or (isinstance(value, float) and float_text(value).startswith("-"))
    return signed(DECIMALS[one.conversion.lower()](number, precision, one), one, negative=negative)


def shortest(value: float) -> str:
    return float_text(value) if isinstance(value, Float32) else repr(float(value))


def fixed(number: Decimal, precision: int, one: Specifier) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, EXACT)
    return f"{rounded:,f}" if "," in one.flags else f"{rounded:f}"


def scientific(number: Decimal, precision: int, _one: Specifier) -> str:
    if number == 0:
        return f"{Decimal(0).scaleb(-precision):f}e+00"
    exponent = number.adjusted()
    digits = number.scaleb(-exponent, EXACT).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, EXACT)
    if digits >= 10:
        digits, exponent = (digits / 10).quantize(Decimal(1).scaleb(-precision)), exponent + 1
    return f"{digits:f}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def general_decimal(number: Decimal, precision: int, one: Specifier) -> str:
    precision = precision or 1
    if number == 0:
        return fixed(number, precision - 1, one)
    exponent = int(scientific(number, precision - 1, one).rpartition("e")[2])
    if -4 <= exponent < precision:
        return fixed(number, precision - 1 - exponent, one)
    return scientific(number, precision - 1, one)


def mismatch(one: Specifier, value: Any) -> Failure:
    return Failure(f"{one.conversion} != {class_name(value)}")


DECIMALS: Final = {"f": fixed, "e": scientific, "g": general_decimal}
CONVERSIONS: Final = {
    "s": general,
    "b": boolean,
    "c": character,
    "h": hash_code,
    "d": integer,
    "x": integer,
    "o": integer,
    "f": decimal,
    "e": decimal,
    "g": decimal,
}


# --- DecimalFormat


class Pattern(NamedTuple):
    """One half of a number pattern."""

    prefix: str
    suffix: str
    grouping: int
    least_whole: int
    most_whole: int
    least_fraction: int
    most_fraction: int
    exponent: int
    scale: int
    point: bool


EVERYTHING: Final = "#,###" + "." + "#" * 340
"""What an empty pattern means; without the zero that `#.#` shows before the point."""


def decimal_format(value: Any, pattern: str) -> str:
    """A number in a `DecimalFormat` pattern, rounded half-even on its exact value, in English symbols."""
    positive, negative = split_pattern(pattern or EVERYTHING)
    one = parse_pattern(positive, pattern)
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    minus = value < 0 or (isinstance(value, float) and float_text(value).startswith("-"))
    prefix, suffix = one.prefix, one.suffix
    if minus and negative is not None:
        other = parse_pattern(negative, pattern)
        prefix, suffix = other.prefix, other.suffix
        if (prefix, suffix) == (one.prefix, one.suffix):
            prefix = "-" + prefix
    elif minus:
        prefix = "-" + prefix
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"{prefix}∞{suffix}"
    number = abs(Decimal(value)).scaleb(one.scale, EXACT)
    body = with_exponent(number, one) if one.exponent else plain(number, one)
    return prefix + body + suffix


def split_pattern(pattern: str) -> tuple[str, str | None]:
    """The positive and the negative half, at a `;` outside of quotes."""
    quoted = False
    for place, char in enumerate(pattern):
        if char == "'":
            quoted = not quoted
        elif char == ";" and not quoted:
            return pattern[:place], pattern[place + 1 :] or None
    return pattern, None


def parse_pattern(half: str, pattern: str) -> Pattern:
    """Prefix, digits and suffix of one half. Raises `Failure` for what `DecimalFormat` refuses."""
    prefix, position, scale = affix(half, 0, pattern, digits_follow=True)
    start = position
    while position < len(half) and half[position] in "#0,.":
        position += 1
    digits, exponent = half[start:position], 0
    if digits and half.startswith("E", position):
        zeros = re.compile("E(0+)").match(half, position)
        if zeros is None:
            raise Failure(f'Malformed exponential pattern "{pattern}"')
        exponent, position = len(zeros.group(1)), zeros.end()
    suffix, _, more_scale = affix(half, position, pattern, digits_follow=False)
    whole, point, fraction = digits.partition(".")
    if "." in fraction or "," in fraction or re.search("0.*#", whole) or re.search("#.*0", fraction):
        raise Failure(
            f'Malformed pattern "{pattern}"'
            if "." not in fraction
            else f'Multiple decimal separators in pattern "{pattern}"'
        )
    if whole.endswith(",") and whole:
        raise Failure(f'Malformed pattern "{pattern}"')
    grouping = len(whole) - whole.rfind(",") - 1 if "," in whole else 0
    places = whole.replace(",", "")
    least_whole, least_fraction = places.count("0"), fraction.count("0")
    if point and not least_whole and not least_fraction:
        # `#.##` shows a zero before the point, `.##` one after it.
        least_whole, least_fraction = (1, 0) if places else (0, 1)
    return Pattern(
        prefix,
        suffix,
        grouping,
        least_whole,
        len(places),
        least_fraction,
        len(fraction),
        exponent,
        scale or more_scale,
        bool(point) and not fraction,
    )


def affix(half: str, position: int, pattern: str, *, digits_follow: bool) -> tuple[str, int, int]:
    """Text before or after the digits, unquoted; where it ends; and the power of ten that `%` or `‰` stand for."""
    out: list[str] = []
    scale = 0
    while position < len(half):
        char = half[position]
        if char == "'":
            end = half.find("'", position + 1)
            end = len(half) if end < 0 else end
            out.append(half[position + 1 : end] or "'")
            position = end + 1
            continue
        if char in "#0,.":
            if digits_follow:
                break
            raise Failure(f"Unquoted special character '{char}' in pattern \"{pattern}\"")
        if char in "%‰":
            scale = 2 if char == "%" else 3
        out.append(char)
        position += 1
    return "".join(out), position, scale


def plain(number: Decimal, one: Pattern) -> str:
    """Digits with grouping, between the least and the most decimals."""
    rounded = number.quantize(Decimal(1).scaleb(-one.most_fraction), ROUND_HALF_EVEN, EXACT)
    whole, _, fraction = f"{rounded:f}".partition(".")
    fraction = trimmed(fraction, one.least_fraction)
    whole = whole.lstrip("0").rjust(one.least_whole, "0")
    if not whole and not fraction:
        whole = "0"
    if one.grouping:
        whole = grouped(whole, one.grouping)
    return whole + ("." + fraction if fraction else "." if one.point else "")


def trimmed(fraction: str, least: int) -> str:
    return fraction[:least] + fraction[least:].rstrip("0")


def grouped(whole: str, size: int) -> str:
    head = len(whole) % size
    parts = [whole[:head]] if head else []
    return ",".join(parts + [whole[place : place + size] for place in range(head, len(whole), size)])


def with_exponent(number: Decimal, one: Pattern) -> str:
    """`0.###E0` and the like: significant digits are as many as the pattern has places (`DecimalFormat.subformat`)."""
    significant = max(one.most_whole + one.most_fraction, 1)
    digits, point = significant_digits(number, significant)
    least_whole, exponent = one.least_whole, point
    if one.most_whole > max(one.least_whole, 1):
        # More places than must be: the exponent is a multiple of their number.
        exponent = (point - 1) // one.most_whole * one.most_whole
        least_whole = 1
    else:
        exponent -= least_whole
    whole = least_whole if not digits else point - exponent
    total = max(len(digits), least_whole + one.least_fraction, whole)
    digits = digits.ljust(total, "0")
    shown = 0 if not number else exponent
    fraction = "." + digits[whole:] if digits[whole:] else ""
    return f"{digits[:whole]}{fraction}E{'-' if shown < 0 else ''}{abs(shown):0{one.exponent}}"


def significant_digits(number: Decimal, most: int) -> tuple[str, int]:
    """Digits without zeros at the end, and where the point stands among them: `12.5` is `("125", 2)`."""
    if not number:
        return "", 0
    rounded = number.quantize(Decimal(1).scaleb(number.adjusted() - most + 1), ROUND_HALF_EVEN, EXACT)
    digits = "".join(map(str, rounded.as_tuple().digits)).rstrip("0")
    return digits, rounded.adjusted() + 1
