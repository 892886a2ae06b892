"""Values as JSON text that reads back as the same values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flowrun.model.masking import Sealed
from flowrun.store.values import dump, load


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, 2**70, -1.5, float("inf"), "", "é😀\x00\n", "\ud800"),
        *([], {}, [1, [2]], {"a": {"b": None}}),
        datetime(2026, 1, 31, 8, 0, 0, 1, UTC),
        datetime(2026, 1, 31, 8),  # noqa: DTZ001 - what a flow file may hold
        date(2026, 1, 31),
        time(8, 0, 0, 1),
        timedelta(days=-1, microseconds=1),
        Decimal("1.10"),
        {"a": [Sealed("code")]},
        {"$type": "datetime", "value": "no date"},
        [{"$type": date(2026, 1, 31)}, "$type"],
        {"a": {"$type": {"$type": 1, "b": timedelta(1)}}},
    ],
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    found = load(dump(value))
    assert found == value
    assert type(found) is type(value)


def test_plain_data_is_plain_json() -> None:
    assert json.loads(dump({"a": [1, "x", None]})) == {"a": [1, "x", None]}


def test_a_set_comes_back_as_a_list_and_what_is_no_data_as_its_text() -> None:
    assert load(dump({"set": {1}, "type": int})) == {"set": [1], "type": "<class 'int'>"}
