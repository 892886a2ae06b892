"""Moments and periods as people write them: `2h`, `30d`, `P1W`, `2026-01-31`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flowrun.errors import UsageError
from flowrun.model.durations import parse_duration

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SHORT = re.compile(r"(\d{1,6})([smhdw])")
WEEKS = re.compile(r"P(\d{1,6})W", re.IGNORECASE)


def period(text: str, option: str) -> timedelta:
    """How long: `90s`, `12h`, `30d`, `2w`, or ISO-8601; nothing below zero. Raises `UsageError`."""
    if found := SHORT.fullmatch(text.lower()):
        return timedelta(**{UNITS[found[2]]: int(found[1])})
    if found := WEEKS.fullmatch(text):
        return timedelta(weeks=int(found[1]))
    try:
        duration = parse_duration(text)
    except (ValueError, OverflowError):
        duration = timedelta(-1)
    if duration < timedelta():
        raise UsageError(f"{option}: `{text}` is not a period", hint="write 12h, 30d, 2w or ISO-8601 (P30D)")
    return duration


def ago(text: str, option: str) -> datetime:
    """The moment that is a period before now. Raises `UsageError`."""
    try:
        return datetime.now(UTC) - period(text, option)
    except OverflowError as problem:
        raise UsageError(f"{option}: `{text}` is longer than there are dates", hint="write 30d or 520w") from problem


def moment(text: str | None, option: str) -> datetime | None:
    """When: a date with or without a time (of this machine's zone unless it names one), or how long ago. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return ago(text, option)
    except UsageError as problem:
        hint = "write 2h, 3d, 2026-01-31 or 2026-01-31T08:00"
        raise UsageError(f"{option}: `{text}` is not a moment", hint=hint) from problem
