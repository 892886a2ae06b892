"""The small parts of lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flowrun.sinks.lines import clock, for_people, is_printable, printable
from flowrun.sinks.summary import short
from flowrun.sinks.values import instant, json_ready


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0 ms"),
        (timedelta(microseconds=1600), "2 ms"),
        (timedelta(milliseconds=999), "999 ms"),
        (timedelta(milliseconds=999.6), "1.0 s"),
        (timedelta(seconds=59.94), "59.9 s"),
        (timedelta(seconds=59.96), "1 m 00 s"),
        (timedelta(seconds=125), "2 m 05 s"),
        (timedelta(seconds=3599.7), "1 h 00 m"),
        (timedelta(days=1, minutes=3), "24 h 03 m"),
    ],
)
def test_durations_read_well_at_every_size(duration, text):
    assert for_people(duration) == text


def test_clock_is_in_the_zone_asked_for():
    from datetime import timezone

    at = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    assert clock(at, timezone(timedelta(hours=2))) == "01:30:00.000"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("over\rwritten", "overwritten"),
        ("bell\x07", "bell\ufffd"),
        ("\u202eright to left", "\ufffdright to left"),
    ],
)
def test_nothing_that_steers_a_terminal_is_shown(text, shown):
    assert printable(text) == shown


def test_short_values_fit_on_a_line():
    assert short("a\nb  c") == "a b c"
    assert short({"n": [1, None, True]}) == '{"n": [1, null, true]}'
    assert short("x" * 1000, 10) == "xxxxxxxxx…"
    assert short("x" * 10, 10) == "x" * 10
    assert short(" " * 1000 + "x", 10) == "…"


def test_values_become_json_as_the_server_prints_them():
    at = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
    assert json_ready({"a": {1: (at, at.date())}}) == {"a": {"1": ["2024-05-01T12:30:00.000000Z", "2024-05-01"]}}
    assert json_ready(timedelta(seconds=90)) == 90.0
    assert instant(at.astimezone()) == "2024-05-01T12:30:00.000000Z"


def test_a_text_is_printable_as_python_says():
    for letter in map(chr, range(0x3000)):
        assert is_printable(f"a{letter}b") == f"a{letter}b".isprintable()
    assert is_printable("")
