"""Filters for dates, and the function `now`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Failure, Filter
from flowrun.template.dates import NANOS, Moment, Zone, formatted, moment_of, zone_of
from flowrun.template.operators import parsed_long
from flowrun.template.values import LONG_MAX, LONG_MIN, Long, is_number, to_text

if TYPE_CHECKING:
    from flowrun.template.callables import Arguments, RenderContext

ELAPSED: Final = {
    "NANOS": 1,
    "MICROS": 1000,
    "MILLIS": 10**6,
    "SECONDS": NANOS,
    "MINUTES": 60 * NANOS,
    "HOURS": 3600 * NANOS,
}
DAYS: Final = {"DAYS": 1, "WEEKS": 7}
MONTHS: Final = {"MONTHS": 1, "YEARS": 12, "DECADES": 120, "CENTURIES": 1200, "MILLENNIA": 12000}
LAST_YEAR: Final = 999_999_999
LOCALE: Final = re.compile(r"(?:[a-z]{2,3}(?:[_-](?:[A-Z]{2}|\d{3})(?:[_-].+)?)?|[_-]?[A-Z]{2})?", re.DOTALL)
"""A language, a language and a country or region, or a country."""


def date(value: Any, args: Arguments, ctx: RenderContext) -> str | None:  # noqa: ARG001
    """A date as text, by default as ISO."""
    return None if value is None else _text(_moment(value, args), args)


def date_add(value: Any, args: Arguments, ctx: RenderContext) -> str | None:  # noqa: ARG001
    """A date some time later, as text."""
    if value is None:
        return None
    amount = _amount(args.get("amount"))
    return _text(_later(_moment(value, args), amount, args.get("unit")), args)


def timestamp(value: Any, args: Arguments, ctx: RenderContext) -> Long | None:  # noqa: ARG001
    """Seconds since 1970."""
    return None if value is None else Long(_moment(value, args).second)


def timestamp_milli(value: Any, args: Arguments, ctx: RenderContext) -> Long | None:  # noqa: ARG001
    """Milliseconds since 1970."""
    return None if value is None else Long(_nanos(value, args) // 10**6)


def timestamp_micro(value: Any, args: Arguments, ctx: RenderContext) -> str | None:  # noqa: ARG001
    """Microseconds since 1970, as text."""
    return None if value is None else str(_saturated(_nanos(value, args) // 1000))


def timestamp_nano(value: Any, args: Arguments, ctx: RenderContext) -> str | None:  # noqa: ARG001
    """Nanoseconds since 1970, as text."""
    return None if value is None else str(_saturated(_nanos(value, args)))


def _saturated(number: int) -> int:
    """A number that stops at the bounds of a Long."""
    return min(max(number, LONG_MIN), LONG_MAX)


def now(args: Arguments, ctx: RenderContext) -> str:
    """The present moment as text: the function `now`."""
    return _text(_moment(ctx.host.now(), args), args)


def _zone(args: Arguments) -> Zone:
    name = args.get("timeZone")
    if name is not None:
        return zone_of(_string(name))
    try:
        return zone_of(os.environ.get("TZ", "").removeprefix(":") or "UTC")
    except Failure:
        return Zone("GMT")


def _moment(value: Any, args: Arguments) -> Moment:
    existing = args.get("existingFormat")
    _locale(args)  # checked, but names in a text are read in English
    return moment_of(value, _zone(args), None if existing is None else _string(existing), "en")


def _nanos(value: Any, args: Arguments) -> int:
    moment = _moment(value, args)
    return moment.second * NANOS + moment.nano


def _text(moment: Moment, args: Arguments) -> str:
    pattern = args.get("format", "iso")
    if pattern is None:
        raise Failure("pattern")
    return formatted(moment.at(_zone(args)), _string(pattern), _locale(args))


def _locale(args: Arguments) -> str:
    locale = args.get("locale", "en")
    if locale is None:
        raise Failure("locale")
    if not LOCALE.fullmatch(_string(locale)):
        raise Failure(f"Invalid locale format: {locale}")
    return _string(locale)


def _string(value: Any) -> str:
    from flowrun.template.values import class_name, is_text

    if is_text(value):
        return str(value)
    raise Failure(
        f"class {class_name(value)} cannot be cast to class java.lang.String ({class_name(value)} and "
        "java.lang.String are in module java.base of loader 'bootstrap')"
    )


def _amount(value: Any) -> int:
    if value is None:
        raise Failure("Incorrect null format, must be a number")
    try:
        if is_number(value) and abs(value) <= LONG_MAX:
            return int(value)
        if isinstance(value, str):
            return parsed_long(value)
    except (ArithmeticError, ValueError):
        pass
    raise Failure(f"{to_text(value)} can't be converted to long")


def _later(moment: Moment, amount: int, unit: Any) -> Moment:
    name = to_text(unit)
    if unit is None:
        raise Failure("Name is null")
    if abs(amount) * MONTHS.get(name, 1) > LAST_YEAR * 12 and name not in ELAPSED:
        raise Failure(f"Invalid value for Year (valid values -999999999 - 999999999): {amount}")
    if name in ELAPSED:
        return moment.plus_nanos(amount * ELAPSED[name])
    if name == "HALF_DAYS":
        # Java takes 256 of them for one day.
        whole = abs(amount) // 256 * (-1 if amount < 0 else 1)
        return moment.plus_nanos((whole * 86400 + (amount - whole * 256) * 43200) * NANOS)
    if name in DAYS:
        return moment.plus_days(amount * DAYS[name])
    if name in MONTHS:
        return moment.plus_months(amount * MONTHS[name])
    raise Failure(f"No enum constant java.time.temporal.ChronoUnit.{name}")


_FORMAT: Final = ("format", "timeZone", "existingFormat", "locale")
_INPUT: Final = ("timeZone", "existingFormat")
FILTERS: Final[dict[str, Filter]] = {
    "date": Filter(date, _FORMAT),
    "dateAdd": Filter(date_add, ("amount", "unit", *_FORMAT), required=2),
    "timestamp": Filter(timestamp, _INPUT),
    "timestampMilli": Filter(timestamp_milli, _INPUT),
    "timestampMicro": Filter(timestamp_micro, _INPUT),
    "timestampNano": Filter(timestamp_nano, _INPUT),
}
