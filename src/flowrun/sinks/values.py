"""Values of a run as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any


def json_ready(value: Any) -> Any:
    """The value in types that `json` writes; dates as the server prints them, durations in seconds."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Mapping():
            return {str(key): json_ready(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [json_ready(item) for item in value]
        case datetime():
            return instant(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    return str(value)


def instant(at: datetime) -> str:
    """`2024-05-01T10:00:00.000000Z`."""
    utc = at.astimezone(UTC) if at.tzinfo else at
    return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
