"""Which cron expressions the server accepts (flow reference, 9.2)."""

from __future__ import annotations

import pytest

from flowrun.loading.cron import BadCron, check_cron


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *", "0 2 * * *", "*/15 0-6,12 1,15 JAN-MAR mon-fri", "5/10 * * * 7", "0 0 31 12 0", "  0  0 * * *  ",
        "@daily", "@yearly", "@midnight", "0 0 * * SUN,tue", "0 0 * * MON-SUN", "10-20/2 * * * *",
    ],
)  # fmt: skip
def test_it_is_accepted(expression: str) -> None:
    check_cron(expression)


@pytest.mark.parametrize(
    ("expression", "offset"),
    [
        ("99 * * * *", 0), ("* * * *", 0), ("* * * * * *", 0), ("", 0), ("* 24 * * *", 2), ("* * 0 * *", 4),
        ("* * * 13 *", 6), ("* * * * 8", 8), ("20-10 * * * *", 0), ("* * * * FRI-MON", 8), ("*/0 * * * *", 0),
        ("a * * * *", 0), ("1,,2 * * * *", 2), ("1- * * * *", 0), ("@often", 0), ("@DAILY", 0), ("* * * * SUN-TUE", 8), ("* * L * *", 4), ("1,70 * * * *", 2),
        ("٣ * * * *", 0), ("-1 * * * *", 0), ("*/x * * * *", 0),
    ],
)  # fmt: skip
def test_it_is_refused_at_the_part_that_is_wrong(expression: str, offset: int) -> None:
    with pytest.raises(BadCron) as caught:
        check_cron(expression)
    assert caught.value.offset == offset


def test_seconds_come_first() -> None:
    check_cron("30 0 2 * * *", with_seconds=True)
    with pytest.raises(BadCron, match="Value 60 not in range"):
        check_cron("60 0 2 * * *", with_seconds=True)
    with pytest.raises(BadCron, match=r"contains 5 parts but we expect one of \[6\]"):
        check_cron("0 2 * * *", with_seconds=True)
