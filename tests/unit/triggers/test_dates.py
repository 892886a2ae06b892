"""The next dates of triggers.

`cron_dates.json` holds answers of cron-utils 9.2.1 (tzdb of JDK 25): each expression was parsed by the parsers of
Kestra 1.3.31 (`Schedule.CRON_PARSER`, with `withSeconds` `CRON_PARSER_WITH_SECONDS`), then
`ExecutionTime.nextExecution` was asked five times, first from `from`, then from the date before, cut to the second
as `Schedule` does it. No dates: it had none.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowrun.triggers.dates import DatesUnknown, next_dates, unread_dates
from flowrun.triggers.schedule import Schedule
from flowrun.triggers.schedule_on_dates import ScheduleOnDates
from flowrun.triggers.webhook import Webhook

RECORDED = json.loads(Path(__file__).with_name("cron_dates.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat("2026-11-25T11:00:00Z")


def schedule(cron, **properties):
    return Schedule(id="s", type="Schedule", cron=cron, **properties)


def on_dates(*dates, **properties):
    return ScheduleOnDates(id="s", type="ScheduleOnDates", dates=list(dates), **properties)


def texts(dates):
    # As text: dates of one zone are compared by their wall time, whatever their offset.
    return [date.isoformat() for date in dates]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['cron']} {case['timezone']} {case['from']}")
def test_a_schedule_fires_as_on_the_server(case):
    trigger = schedule(case["cron"], timezone=case["timezone"], with_seconds=case.get("withSeconds", False))
    found = next_dates(trigger, datetime.fromisoformat(case["from"]))
    assert texts(found) == [text.replace("Z", "+00:00") for text in case["dates"]]


def test_both_rounds_of_a_repeated_hour_come_in_order():
    found = next_dates(
        schedule("*/30 1-2 * * *", timezone="Europe/Paris"), datetime.fromisoformat("2026-10-24T22:00:00Z"), 6
    )
    assert texts(found) == [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T01:30:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T02:30:00+01:00",
    ]


def test_the_count_is_kept():
    assert len(next_dates(schedule("@hourly"), NOW, 12)) == 12
    assert next_dates(schedule("@hourly"), NOW, 0) == []


def test_a_schedule_without_timezone_takes_the_zone_given():
    tokyo = ZoneInfo("Asia/Tokyo")
    assert texts(next_dates(schedule("0 9 * * *"), NOW, 1, tokyo)) == ["2026-11-26T09:00:00+09:00"]
    assert texts(next_dates(schedule("0 9 * * *", timezone="UTC"), NOW, 1, tokyo)) == ["2026-11-26T09:00:00+00:00"]


def test_without_any_zone_the_machine_has_one():
    (found,) = next_dates(schedule("0 9 * * *"), NOW, 1)
    assert (found.hour, found.utcoffset()) == (9, found.astimezone().utcoffset())


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (schedule("@daily", timezone="Mars/One"), "there is no time zone `Mars/One`"),
        (on_dates(timezone="../x"), "there is no time zone `../x`"),
        (schedule("every day"), "`every day` is no cron expression"),
        (schedule("0 0 * * XYZ"), "`0 0 * * XYZ` is no cron expression"),
        (schedule("0 99 * * *"), "`0 99 * * *` is no cron expression"),
    ],
)
def test_what_cannot_be_told_says_why(trigger, reason):
    with pytest.raises(DatesUnknown) as caught:
        next_dates(trigger, NOW)
    assert str(caught.value) == reason


def test_listed_dates_come_in_order_without_those_that_have_passed():
    trigger = on_dates(
        "2027-01-01T10:00:00+01:00",
        "2026-12-24T18:00:00.5Z",
        "2026-11-25T11:00:00Z",
        "2026-12-24T18:00:00.5Z",
        "2027-06-01T12:00+0200[Europe/Paris]",
        timezone="America/New_York",
    )
    assert texts(next_dates(trigger, NOW)) == [
        "2026-12-24T13:00:00-05:00",
        "2027-01-01T04:00:00-05:00",
        "2027-06-01T06:00:00-04:00",
    ]
    assert len(next_dates(trigger, NOW, 2)) == 2
    assert unread_dates(trigger) == []


def test_templates_and_dates_without_an_offset_are_not_read():
    trigger = on_dates("{{ vars.day }}", "2027-01-01", "2027-01-01T10:00:00", "2027-01-01T10:00:00Z")
    assert len(next_dates(trigger, NOW)) == 1
    assert unread_dates(trigger) == ["{{ vars.day }}", "2027-01-01", "2027-01-01T10:00:00"]


def test_the_whole_list_may_be_a_template():
    trigger = ScheduleOnDates(id="s", type="ScheduleOnDates", dates="{{ vars.days }}")
    assert next_dates(trigger, NOW) == []
    assert unread_dates(trigger) == ["{{ vars.days }}"]


def test_other_triggers_have_no_dates():
    assert next_dates(Webhook(id="w", type="Webhook", key="k"), NOW) == []


def test_dates_are_after_now_at_any_fraction_of_a_second():
    for fraction in (timedelta(), timedelta(microseconds=1), timedelta(milliseconds=999)):
        (found,) = next_dates(schedule("* * * * * *", with_seconds=True, timezone="UTC"), NOW + fraction, 1)
        assert found == NOW + timedelta(seconds=1)
