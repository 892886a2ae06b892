"""Moments and periods as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowrun.cli.times import moment, period
from flowrun.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("12H", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        ("0d", timedelta()),
        ("P1W", timedelta(weeks=1)),
        ("P30D", timedelta(days=30)),
        ("pt1h30m", timedelta(hours=1, minutes=30)),
        ("60", timedelta(minutes=1)),
    ],
)
def test_a_period_is_short_or_iso(text: str, expected: timedelta) -> None:
    assert period(text, "--keep") == expected


@pytest.mark.parametrize("text", ["nonsense", "", "d", "1y", "1.5d", "-30d", "-5", "-P30D", "1d2h", "9" * 400])
def test_what_is_no_period_is_told(text: str) -> None:
    with pytest.raises(UsageError, match=f"^--keep: `{text}` is not a period$") as refused:
        period(text, "--keep")
    assert refused.value.hint == "write 12h, 30d, 2w or ISO-8601 (P30D)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T08:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00:00.5+02:00", datetime(2026, 1, 31, 6, 0, 0, 500_000, UTC)),
        ("2026-01-31 08:00+00:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_a_moment_with_a_zone_is_that_moment(text: str, expected: datetime) -> None:
    assert moment(text, "--since") == expected


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T08:00"])
def test_a_moment_without_a_zone_is_of_this_machine(text: str) -> None:
    assert moment(text, "--since") == datetime.fromisoformat(text).astimezone(UTC)


def test_a_period_is_so_long_ago() -> None:
    before = datetime.now(UTC)
    found = moment("2h", "--since")
    assert found is not None
    assert before <= found + timedelta(hours=2) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["nonsense", "", "2026-13-01", "0001-01-01T00:00+14:00", "999999w", "-2h"])
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--since: `.*` is not a moment$") as refused:
        moment(text, "--since")
    assert refused.value.hint == "write 2h, 3d, 2026-01-31 or 2026-01-31T08:00"


def test_no_moment_is_none() -> None:
    assert moment(None, "--since") is None
