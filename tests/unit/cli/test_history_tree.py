"""`history --tree`: executions below those that started them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from flowrun.cli.commands.history import grown, table
from flowrun.model.state import StateType
from flowrun.sinks.lines import ASCII, plain
from flowrun.store.history import Brief

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def brief(name: str, parent: str | None = None, start: datetime = NOW) -> Brief:
    return Brief(name, "test", "flow", 1, StateType.SUCCESS, False, start, start, {}, False, parent)


def drawn(*found: Brief, limit: int = 0) -> list[str]:
    return [f"{one.guide}{one.brief.id}" for one in grown(found, ASCII, limit)]


def test_children_stand_below_their_parent_in_their_order():
    found = brief("other"), brief("second", "top"), brief("leaf", "first"), brief("first", "top"), brief("top")
    assert drawn(*found) == ["other", "top", "|- first", "|  `- leaf", "`- second"]


def test_the_order_of_the_store_does_not_matter():
    first, second = brief("first", "top"), brief("second", "top", NOW + timedelta(seconds=1))
    assert drawn(brief("top"), first, second) == ["top", "|- first", "`- second"]
    assert drawn(second, brief("top"), first) == ["top", "|- first", "`- second"]


def test_an_execution_whose_parent_is_gone_begins_a_tree():
    assert drawn(brief("child", "gone"), brief("old")) == ["child", "old"]


@pytest.mark.parametrize("parents", [("b", "a"), ("a", "b")], ids=["in a circle", "their own parents"])
def test_parents_that_make_no_sense_hide_nothing(parents: tuple[str, str]):
    assert sorted(name[-1] for name in drawn(brief("a", parents[0]), brief("b", parents[1]))) == ["a", "b"]


def test_a_limit_counts_trees():
    found = brief("b2", "b"), brief("b1", "b"), brief("b"), brief("a1", "a"), brief("a")
    assert drawn(*found, limit=1) == ["b", "|- b1", "`- b2"]


def test_calls_that_are_nested_without_end_are_drawn():
    deep = [brief(str(number), str(number - 1)) for number in range(3000, 0, -1)]
    assert len(drawn(*deep)) == 3000


def test_the_columns_stand_below_each_other():
    lines = [plain(line) for line in table(grown([brief("child", "top"), brief("top")], ASCII, 0), ASCII)]
    assert [line.partition("  test.flow  ")[0] for line in lines] == ["+ SUCCESS     top", "`- + SUCCESS  child"]


def test_deep_calls_do_not_push_the_columns_out():
    deep = [brief(f"{number:04}", f"{number - 1:04}") for number in range(100, 0, -1)]
    lines = [plain(line) for line in table(grown(deep, ASCII, 0), ASCII)]
    assert {line.index("  test.flow") for line in lines} == {24 + len("+ SUCCESS  0001")}
    assert [line.partition("+")[0] for line in lines[8:10]] == [f"{' ' * 21}`- ", f"...{' ' * 18}`- "]


def test_where_a_row_has_no_room_it_takes_two_lines():
    lines = [plain(line) for line in table(grown([brief("child", "top"), brief("top")], ASCII, 0), ASCII, 60)]
    assert lines[0::2] == ["+ SUCCESS     top  test.flow", "`- + SUCCESS  child  test.flow"]
    assert {re.sub(r"\d", "0", line) for line in lines[1::2]} == {"    0000-00-00 00:00:00      0 ms"}
    assert len(table(grown([brief("top")], ASCII, 0), ASCII, 80)) == 1
