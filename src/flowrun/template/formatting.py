"""Java's `String.format` (spec, 6.1)."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, NamedTuple

from flowrun.template.callables import Failure
from flowrun.template.limits import check_length
from flowrun.template.values import Char, Float32, class_name, float_text, is_int, to_text

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
    if ("-" in flags and "0" in flags) or ("+" in flags and " " in flags) or len(set(flags)) < len(flags):
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
    refuse(one, "#+ 0,(")
    text = to_text(value)
    return padded(text if one.precision is None else text[: one.precision], one)


def boolean(value: Any, one: Specifier) -> str:
    refuse(one, "#+ 0,(")
    text = to_text(value) if isinstance(value, bool) else "false" if value is None else "true"
    return padded(text if one.precision is None else text[: one.precision], one)


def character(value: Any, one: Specifier) -> str:
    refuse(one, "#+ 0,(")
    if one.precision is not None:
        raise Failure(str(one.precision))
    if value is None:
        return padded("null", one)
    if isinstance(value, Char):
        return padded(str(value), one)
    if is_int(value) and 0 <= value < 0x110000:
        return padded(chr(value), one)
    raise mismatch(one, value)


def hash_code(value: Any, one: Specifier) -> str:
    from flowrun.template.hash_order import java_hash

    refuse(one, "#+ 0,(")
    text = "null" if value is None else f"{java_hash(value):x}"
    return padded(text if one.precision is None else text[: one.precision], one)


def refuse(one: Specifier, flags: str) -> None:
    """Some flags mean nothing to a conversion."""
    for flag in flags:
        if flag in one.flags:
            raise Failure(f"Conversion = {one.conversion.lower()}, Flags = {flag}")


def integer(value: Any, one: Specifier) -> str:
    conversion = one.conversion.lower()
    if one.precision is not None:
        raise Failure(str(one.precision))
    refuse(one, "#" if conversion == "d" else ",")
    if value is None:
        return padded("null", one)
    if not isinstance(value, int) or isinstance(value, bool):
        raise mismatch(one, value)
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
    conversion = one.conversion.lower()
    refuse(one, {"e": ",", "g": "#", "a": ",("}.get(conversion, ""))
    if value is None:
        return padded("null" if one.precision is None else "null"[: one.precision], one)
    if not isinstance(value, float | Decimal):
        raise mismatch(one, value)
    if isinstance(value, float) and (not math.isfinite(value)):
        text = "NaN" if math.isnan(value) else "Infinity"
        plain = one._replace(flags=one.flags.replace("0", ""))
        return signed(text, plain, negative=value < 0)
    if conversion == "a":
        return hexadecimal(value, one)
    precision = 6 if one.precision is None else one.precision
    # Java rounds the digits that it would print, not the binary value.
    number = abs(value if isinstance(value, Decimal) else Decimal(shortest(value)))
    negative = value < 0 or (isinstance(value, float) and float_text(value).startswith("-"))
    return signed(DECIMALS[conversion](number, precision, one), one, negative=negative)


def hexadecimal(value: float | Decimal, one: Specifier) -> str:
    """`%a`: the bits of a double; digits of zero are left out."""
    if isinstance(value, Decimal) or one.precision is not None:
        raise mismatch(one, value)
    digits, _, exponent = abs(float(value)).hex().partition("p")
    mark, _, fraction = digits.partition(".")
    text = f"{mark}.{fraction.rstrip('0') or '0'}p{int(exponent)}"
    return signed(text, one, negative=math.copysign(1, value) < 0)


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
    "a": decimal,
}
