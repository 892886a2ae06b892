"""The next dates of a trigger, as the server finds them (flow reference, 9.2).

croniter knows the calendar. What the fields of an expression mean, and what happens when the clocks change, is
said here after cron-utils 9.2.1, the server's library: `tests/unit/triggers/cron_dates.json` holds its answers.
Not followed: when it comes from an earlier day of the month and a later time of the day than the clocks are set
back, cron-utils forgets the first of the two rounds of an hour.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import dropwhile, islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.template.callables import Failure
from flowrun.template.dates import zone_of
from flowrun.triggers.schedule import Schedule
from flowrun.triggers.schedule_on_dates import ScheduleOnDates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.model.trigger import Trigger

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?(\d\d)?)")

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

LONGEST_WAIT_YEARS = 10
"""No expression that fires at all waits longer: a 29 February takes 8 years around 2100."""


class DatesUnknown(Exception):
    """Why the dates of a trigger cannot be told."""


class Field(NamedTuple):
    """What a field of a cron expression may hold; the first of `names` means 1."""

    low: int
    high: int
    names: tuple[str, ...] = ()


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
WEEKDAY = Field(0, 7, WEEKDAYS)
FIELDS = (Field(0, 59), Field(0, 59), Field(0, 23), Field(1, 31), Field(1, 12, MONTHS), WEEKDAY)
"""Second, minute, hour, day of the month, month, day of the week."""


def next_dates(trigger: Trigger, now: datetime, count: int = 5, zone: tzinfo | None = None) -> list[datetime]:
    """The first dates after `now`, in the trigger's zone; none for a trigger that waits for something else.

    `zone` is that of triggers without `timezone`; None is the machine's, as the server takes its own. Conditions are
    not looked at. Raises `DatesUnknown`.
    """
    if not isinstance(trigger, Schedule | ScheduleOnDates):
        return []
    zone = zone if trigger.timezone is None else zone_named(trigger.timezone)
    dates = cron_dates(trigger.cron, now, zone) if isinstance(trigger, Schedule) else listed_dates(trigger, now)
    return [date.astimezone(zone) for date in islice(dates, count)]


def zone_named(name: str) -> tzinfo:
    """The zone of a Java zone id: a name of the tz database, or an offset."""
    try:
        zone = zone_of(name)
    except Failure as problem:
        raise DatesUnknown(f"there is no time zone `{name}`") from problem
    return zone.region or timezone(timedelta(seconds=zone.offset))


def listed_dates(trigger: ScheduleOnDates, now: datetime) -> Iterator[datetime]:
    """The dates of a list that are still to come, in order."""
    dates = {date for date in map(read_date, date_texts(trigger)) if date and date > now}
    return (date.replace(microsecond=0) for date in sorted(dates))


def unread_dates(trigger: ScheduleOnDates) -> list[str]:
    """What stands in the list and is no date as it stands: templates, and what the server cannot read either."""
    return [text for text in date_texts(trigger) if read_date(text) is None]


def date_texts(trigger: ScheduleOnDates) -> list[str]:
    """The list as written; the whole of it may be one template."""
    written: Any = trigger.dates
    return list(map(str, written)) if isinstance(written, list) else [str(written)]


def read_date(text: str) -> datetime | None:
    """A date-time with an offset, in UTC; a zone in brackets behind it says nothing more."""
    moment = text.partition("[")[0]
    if not DATE_TIME.fullmatch(moment):
        return None
    try:
        return datetime.fromisoformat(moment.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def cron_dates(expression: str, now: datetime, zone: tzinfo | None) -> Iterator[datetime]:
    """The dates of a cron expression after `now`, in UTC."""
    start = now.astimezone(UTC).replace(microsecond=0)
    wall = start.astimezone(zone).replace(tzinfo=None) - set_back_around(start, zone)
    dates = dropwhile(lambda date: date < start, instants(wall_times(expression, wall), zone))
    return dropwhile(lambda date: date <= start, without_lone_repeats(dates, zone))


def set_back_around(at: datetime, zone: tzinfo | None) -> timedelta:
    """How far the clocks are set back within a day of a moment, so that earlier wall times are still to come."""
    return max(timedelta(), offset(at - DAY, zone) - offset(at + DAY, zone))


def offset(at: datetime, zone: tzinfo | None) -> timedelta:
    """How far a zone is ahead of UTC at a moment."""
    return at.astimezone(zone).utcoffset() or timedelta()


def wall_times(expression: str, start: datetime) -> Iterator[datetime]:
    """The times from `start` on, all without a zone, that an expression names. Raises `DatesUnknown`."""
    from croniter import croniter

    try:
        calendar = croniter(
            numbers_only(expression),
            start - SECOND,
            second_at_beginning=True,
            max_years_between_matches=LONGEST_WAIT_YEARS,
        )
    except ValueError as problem:
        raise DatesUnknown(f"`{expression}` is no cron expression") from problem
    times: Iterator[datetime] = calendar.all_next(datetime)
    return times


def numbers_only(expression: str) -> str:
    """The expression with every field as `*` or a list of numbers. Raises `ValueError`.

    croniter reads some ranges its own way, `3-3` as every day for one.
    """
    if expression.startswith("@"):
        return expression
    parts = expression.split()
    return " ".join(map(field_numbers, parts, FIELDS[-len(parts) :]))


def field_numbers(text: str, field: Field) -> str:
    """`MON-FRI/2` is `1,3,5`. Only `*` stays: where both fields for days say something, a day of either is meant."""
    if text in ("*", "*/1"):
        return "*"
    return ",".join(map(str, sorted({number for item in text.split(",") for number in item_numbers(item, field)})))


def item_numbers(item: str, field: Field) -> range:
    """What one of `*`, `a`, `a-b`, each with `/step` or without, stands for."""
    span, slash, step = item.partition("/")
    first, dash, last = (str(field.low), "-", str(field.high)) if span == "*" else span.partition("-")
    low = number_of(first, field)
    if dash:
        high = number_of(last, field)
    else:
        low = low % 7 if field is WEEKDAY else low  # `7/2` begins with Sunday as `0/2` does
        high = field.high if slash else low
    return range(low, high + 1, int(step) if slash else 1)


def number_of(text: str, field: Field) -> int:
    """The number that a number or a name stands for."""
    return int(text) if text.isdecimal() else field.names.index(text.upper()) + 1


def instants(wall_times: Iterable[datetime], zone: tzinfo | None) -> Iterator[datetime]:
    """When a clock in the zone shows these times, in UTC and in order.

    A time that the clocks leap over never comes; one that they show twice, having been set back, comes twice.
    """
    second_round: list[datetime] = []
    for wall in wall_times:
        first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(zone).replace(tzinfo=None) != wall:
            continue
        if first < second:
            second_round.append(second)
        else:
            yield from second_round
            second_round.clear()
        yield first


def without_lone_repeats(dates: Iterable[datetime], zone: tzinfo | None) -> Iterator[datetime]:
    """All dates but those that only repeat a wall time: `30 2 * * *` fires once in a night that has 2:30 twice."""
    before = None
    for date, after in pairwise(dates):
        if before is None or not is_lone_repeat(before, date, after, zone):
            yield date
            before = date


def is_lone_repeat(before: datetime, date: datetime, after: datetime, zone: tzinfo | None) -> bool:
    """The clocks were set back since the date before, an hour ago at most, and the date after is hours away.

    So cron-utils tells it: `*/30 2 * * *` does fire in both rounds.
    """
    return date - before <= HOUR and after - date >= 2 * HOUR and offset(date, zone) < offset(before, zone)
