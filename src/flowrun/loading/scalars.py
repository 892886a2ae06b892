"""What an unquoted scalar means, and how the server prints it: YAML 1.1 as Jackson reads it (flow reference, 1.1)."""

from __future__ import annotations

import re
from typing import Any

BOOLEANS = {
    **{word: True for base in ("yes", "true", "on") for word in (base, base.capitalize(), base.upper())},
    **{word: False for base in ("no", "false", "off") for word in (base, base.capitalize(), base.upper())},
}
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)")
DECIMAL = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)"
)
SPECIAL = {".nan": float("nan"), ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf")}
STARTS_A_NUMBER = frozenset("+-.0123456789")
MAX_DIGITS = 1000
"""As Jackson: a longer number is refused there; here it stays text."""

TAG_PREFIX = "tag:yaml.org,2002:"


def resolve(text: str, tag: str | None = None) -> Any:
    """The value of a plain scalar, or of one with a standard tag (`!!int`); anything unknown stays text."""
    if tag is not None and tag != "!":
        return _tagged(text, tag.removeprefix(TAG_PREFIX))
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    return _number(text) if text[0] in STARTS_A_NUMBER else text


def _tagged(text: str, tag: str) -> Any:
    if tag == "null":
        return None
    if tag == "bool":
        return BOOLEANS.get(text, text)
    return _number(text) if text and tag in ("int", "float") else text


def _number(text: str) -> Any:
    if len(text) > MAX_DIGITS:
        return text
    if INTEGER.fullmatch(text):
        return _integer(text)
    if DECIMAL.fullmatch(text):
        return float(text.replace("_", ""))
    return SPECIAL.get(text.lower(), text)


def _integer(text: str) -> Any:
    digits = text.replace("_", "").lstrip("+-").lower()
    base = {"0b": 2, "0x": 16}.get(digits[:2], 8 if digits.startswith("0") and len(digits) > 1 else 10)
    try:
        value = int(digits[2:] if base in (2, 16) else digits, base)
    except ValueError:  # `0x_`, `0_9`: nothing that is a number after all
        return text
    return -value if text[0] == "-" else value


def java_text(value: Any) -> str | None:
    """A scalar value as Java prints it: `true`, `8`, `1000.0`, `1.0E10`; None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return java_double(value) if isinstance(value, float) else str(value)


def java_double(value: float) -> str:
    """`Double.toString`: the shortest digits, with an exponent below 0.001 and from ten million on."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 (not a number is what differs from itself)
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = f"{value:.17f}".rstrip("0") if "e" in repr(value) else repr(value)
        return text + "0" if text.endswith(".") else text
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign, number = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = number.partition(".")
    return sign + _scientific(whole, "" if fraction == "0" else fraction, int(exponent or 0))


def _scientific(whole: str, fraction: str, exponent: int) -> str:
    digits = (whole + fraction).lstrip("0")
    power = exponent + len(whole) - 1 - (len(whole + fraction) - len(digits) if whole == "0" else 0)
    digits = digits.rstrip("0") or "0"
    return f"{digits[0]}.{digits[1:] or '0'}E{power}"
