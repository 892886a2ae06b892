"""Texts as typed values: one parser for each type of input, with the words of the server's parsers (flow reference, 2.2)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from math import inf, isfinite
from struct import pack, unpack
from typing import TYPE_CHECKING, Any, Final

from flowrun.engine.uris import uri_problem
from flowrun.model.durations import format_duration, parse_duration
from flowrun.template import to_text
from flowrun.template.callables import Failure
from flowrun.template.json_text import JsonProblem, read_first, source_at
from flowrun.template.values import float32_digits

if TYPE_CHECKING:
    from collections.abc import Callable


class Unparsable(ValueError):
    """A text is no value of its type, in the words of the server's parser; the message names no input."""


class Unfit(ValueError):
    """A value breaks a rule of its input, or is no number; the message names the input."""


INT: Final = re.compile(r"([+-]?)0*(\d{1,10})")
FLOAT: Final = re.compile(
    r"[+-]?(?:NaN|Infinity|(?P<hex>0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+)[fFdD]?"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)",
    re.ASCII,
)

DAY: Final = (r"(\d{4})(?!\d)", "-", r"(\d\d)", "-", r"(\d\d)")
CLOCK: Final = (r"(\d\d)", ":", r"(\d\d)")
FRACTION: Final = r"(?:\.(\d{0,9}))?"
DATE_PARTS: Final = DAY
TIME_PARTS: Final = (*CLOCK, rf"(?::(\d\d){FRACTION})?")
DATETIME_PARTS: Final = (*DAY, "[Tt]", *CLOCK, ":", r"(\d\d)", FRACTION, r"(Z|z|[+-]\d\d:\d\d(?::\d\d)?)")
"""What stands one after the other in a text; the server's messages name the place of the first that is missing."""

MONTHS: Final = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
]
FARTHEST_OFFSET: Final = timedelta(hours=18)


def parse_int(given: Any) -> int:
    """A whole number of 32 bits, in Java's syntax."""
    text = to_text(given)
    found = INT.fullmatch(text)
    if not found or not -(2**31) <= (number := int(found[1] + found[2])) < 2**31:
        raise Unfit(f'For input string: "{text}"')
    return number


def parse_float(given: Any) -> float | str:
    """A decimal number of 32 bits, in Java's syntax; JSON has no numbers for `NaN` and `Infinity`, so these stay text."""
    text = to_text(given).strip()
    found = FLOAT.fullmatch(text)
    if not found:
        raise Unfit(f'For input string: "{to_text(given)}"' if text else "empty String")
    digits = text.rstrip("fFdD")
    try:
        return shown_float(float.fromhex(digits) if found["hex"] else float(digits))
    except OverflowError:
        return "-Infinity" if text.startswith("-") else "Infinity"


def shown_float(number: float) -> float | str:
    """The double that the shortest digits of a 32-bit float stand for: what is left of it in JSON."""
    try:
        (single,) = unpack("f", pack("f", number))
    except OverflowError:
        single = inf if number > 0 else -inf
    return float(float32_digits(single)) if isfinite(single) else to_text(single)


def parse_bool(given: Any) -> bool:
    """`true` in any case is true; everything else is false, without an error."""
    return to_text(given).lower() == "true"


def parts_of(text: str, parts: tuple[str, ...]) -> list[str]:
    """The groups of the parts, `""` for one that is left out. Raises `Unparsable` in Java's words."""
    at, groups = 0, []
    for part in parts:
        found = re.compile(part, re.ASCII).match(text, at)
        if not found:
            raise Unparsable(f"Text '{text}' could not be parsed at index {at}")
        groups += [group or "" for group in found.groups()]
        at = found.end()
    if at < len(text):
        raise Unparsable(f"Text '{text}' could not be parsed, unparsed text found at index {at}")
    return groups


def parse_datetime(given: Any) -> str:
    """An ISO instant, kept as Kestra prints it: `2024-05-01T10:00:00.000000Z`."""
    text = to_text(given)
    *numbers, fraction, offset = parts_of(text, DATETIME_PARTS)
    year, month, day, hour, minute, second = map(int, numbers)
    if (hour, minute, second) == (23, 59, 60):
        second = 59  # a leap second
    next_day = (hour, minute, second, fraction.strip("0")) == (24, 0, 0, "")
    try:
        local = datetime(year, month, day, 0 if next_day else hour, minute, second, tzinfo=zone(offset))
        moment = (local + timedelta(days=next_day)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise Unparsable(f"Text '{text}' could not be parsed at index 0") from problem
    return f"{moment.replace(tzinfo=None).isoformat()}.{fraction[:6]:0<6}Z"


def zone(offset: str) -> timezone:
    """`Z` or `±HH[:MM[:SS]]`, 18 hours at the most. Raises `ValueError`."""
    if offset in ("Z", "z"):
        return UTC
    hours, minutes, seconds = (int(part) for part in f"{offset[1:]}:00:00".split(":")[:3])
    away = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if minutes > 59 or seconds > 59 or away > FARTHEST_OFFSET:
        raise ValueError(f"no offset: {offset}")
    return timezone(-away if offset.startswith("-") else away)


def parse_date(given: Any) -> str:
    """A day, `YYYY-MM-DD`."""
    text = to_text(given)
    check_day(text, *map(int, parts_of(text, DATE_PARTS)))
    return text


def check_day(text: str, year: int, month: int, day: int) -> None:
    """A text has such a day in it. Raises `Unparsable` when there is none."""
    within(text, "MonthOfYear", month, 1, 12)
    if not 1 <= day <= 31:
        raise invalid(text, f"Invalid value for DayOfMonth (valid values 1 - 28/31): {day}")
    if not is_day(year or 400, month, day):
        leap = (month, day) == (2, 29)
        reason = f"'February 29' as '{year}' is not a leap year" if leap else f"'{MONTHS[month - 1]} {day}'"
        raise invalid(text, f"Invalid date {reason}")


def is_day(year: int, month: int, day: int) -> bool:
    """Whether a year's month has this day."""
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def parse_time(given: Any) -> str:
    """A time of day, `HH:MM[:SS[.fff]]`, kept with its seconds."""
    text = to_text(given)
    hour, minute, second, fraction = parts_of(text, TIME_PARTS)
    check_time(text, int(hour), int(minute), int(second or 0))
    digits = fraction.rstrip("0")
    return f"{hour}:{minute}:{second or '00'}" + (f".{digits}" if digits else "")


def check_time(text: str, hour: int, minute: int, second: int) -> None:
    """A text has such a time of day in it. Raises `Unparsable` when there is none."""
    within(text, "HourOfDay", hour, 0, 23)
    within(text, "MinuteOfHour", minute, 0, 59)
    within(text, "SecondOfMinute", second, 0, 59)


def within(text: str, name: str, value: int, low: int, high: int) -> None:
    """A field of a date or time in its range. Raises `Unparsable`."""
    if not low <= value <= high:
        raise invalid(text, f"Invalid value for {name} (valid values {low} - {high}): {value}")


def invalid(text: str, reason: str) -> Unparsable:
    """A text of the right form for a day or time that there is not."""
    return Unparsable(f"Text '{text}' could not be parsed: {reason}")


def parse_seconds(given: Any) -> float:
    """A duration, kept in seconds."""
    text = to_text(given)
    try:
        if text.upper().lstrip("+-").startswith("P"):
            return float(parse_duration(text).total_seconds())
    except (ValueError, OverflowError) as problem:
        raise Unparsable("Text cannot be parsed to a Duration") from problem
    raise Unparsable("Text cannot be parsed to a Duration")


def parse_json(given: Any) -> Any:
    """JSON text; what is structured already stays."""
    if not isinstance(given, str):
        return given
    try:
        return read_first(given)
    except JsonProblem as problem:
        raise Unparsable(f"{problem}\n at {problem.source}") from problem


def parse_yaml(given: Any) -> Any:
    """YAML text, its first document; what is structured already stays."""
    if not isinstance(given, str):
        return given
    from flowrun.template.yaml_text import read

    try:
        return read(given, unique=True)
    except Failure as problem:
        raise Unparsable(str(problem).removeprefix("Invalid yaml: ")) from problem


def parse_uri(given: Any) -> str:
    """A URI with a scheme, by the rules of Java's."""
    text = to_text(given)
    if problem := uri_problem(text):
        raise Unfit(problem)
    return text


def parse_list(given: Any) -> list[Any]:
    """A list, or JSON text of one."""
    items = parse_json(given)
    if items is None:
        raise Unparsable('Cannot invoke "java.util.List.stream()" because "asList" is null')
    if not isinstance(items, list):
        what, token = json_kind(items)
        wanted = "Cannot deserialize value of type `java.util.ArrayList<java.lang.Object>`"
        raise Unparsable(f"{wanted} from {what} value (token `JsonToken.{token}`)\n at {source_at('', 0)}")
    return items


def json_kind(value: Any) -> tuple[str, str]:
    """How the server's JSON parser calls a value, and the token that it begins with."""
    match value:
        case bool():
            return "Boolean", f"VALUE_{str(value).upper()}"
        case int():
            return "Integer", "VALUE_NUMBER_INT"
        case float():
            return "Floating-point", "VALUE_NUMBER_FLOAT"
        case str():
            return "String", "VALUE_STRING"
        case list():
            return "Array", "START_ARRAY"
    return "Object", "START_OBJECT"


PARSERS: Final[dict[str, Callable[[Any], Any]]] = {
    "STRING": to_text,
    "ENUM": to_text,
    "SELECT": to_text,
    "INT": parse_int,
    "FLOAT": parse_float,
    "BOOLEAN": parse_bool,
    "BOOL": parse_bool,
    "DATETIME": parse_datetime,
    "DATE": parse_date,
    "TIME": parse_time,
    "DURATION": parse_seconds,
    "FILE": to_text,
    "JSON": parse_json,
    "YAML": parse_yaml,
    "URI": parse_uri,
    "SECRET": to_text,
    "EMAIL": to_text,
}


def parse_limit(kind: str, limit: str) -> str:
    """`after` or `before` of a DATE, TIME or DATETIME, as `PARSERS` give the values. Raises `Unparsable`.

    The server takes a whole instant for a DATE too, and seconds since 1970 for a DATETIME.
    """
    if kind == "DATE" and len(limit) > 10:
        return parse_datetime(limit)[:10]
    if kind == "DATETIME" and limit.isdecimal() and len(limit) <= 11:
        return parse_datetime(f"{datetime.fromtimestamp(int(limit), UTC):%Y-%m-%dT%H:%M:%SZ}")
    return str(PARSERS[kind](limit))


def java_text(kind: str, value: Any) -> Any:
    """A value as those inputs see it that depend on its input, and as messages show a limit: Java's shortest text."""
    if kind == "DURATION" and value is not None:
        return format_duration(timedelta(seconds=value))
    if kind not in ("TIME", "DATETIME") or not isinstance(value, str):
        return value
    text, _, fraction = value.removesuffix("Z").partition(".")
    digits = fraction.rstrip("0")
    if kind == "TIME" and not digits:
        text = text.removesuffix(":00") if text.count(":") == 2 else text
    exact = f".{digits.ljust(-(-len(digits) // 3) * 3, '0')}" if digits else ""
    return text + exact + ("Z" if kind == "DATETIME" else "")
