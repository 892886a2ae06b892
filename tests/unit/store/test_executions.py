"""One execution of the store, found by the beginning of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.stored import a_line, a_task_run, an_execution, keep

from flowrun.errors import UsageError
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.store.executions import LAST, find_id, read_logs_after, read_stored
from flowrun.store.locks import ExecutionLock

if TYPE_CHECKING:
    from flowrun.store.database import Database


def test_the_beginning_of_an_id_is_enough(database: Database) -> None:
    for name in ("aXz", "aXy", "b", "AX"):
        keep(database, an_execution(name))
    assert find_id(database, "aXy") == "aXy"
    assert find_id(database, "b") == "b"
    assert find_id(database, "A") == "AX"


def test_an_id_that_begins_another_one_is_not_ambiguous(database: Database) -> None:
    for name in ("a", "ab"):
        keep(database, an_execution(name))
    assert find_id(database, "a") == "a"


@pytest.mark.parametrize(("number", "shown"), [(2, "a1, a0"), (5, "a4, a3, a2, a1, a0"), (7, "a6, a5, a4, a3, a2, …")])
def test_several_that_fit_are_listed_the_newest_first(database: Database, number: int, shown: str) -> None:
    for one in range(number):
        keep(database, an_execution(f"a{one}"))
    with pytest.raises(UsageError, match=f"^`a` could be several executions: {shown}$"):
        find_id(database, "a")


@pytest.mark.parametrize("wanted", ["b", "aa", "%", "_", "", "é", "\udcff"])
def test_what_is_not_there_is_told(database: Database, wanted: str) -> None:
    with pytest.raises(UsageError, match=f"there is no execution `{wanted}`"):
        find_id(database, wanted)


def test_last_is_the_newest_and_says_when_there_is_none(database: Database) -> None:
    with pytest.raises(UsageError, match="there is no execution yet"):
        find_id(database, LAST)
    for name in ("b", "a"):
        keep(database, an_execution(name))
    assert find_id(database, LAST) == "a"


def test_a_stored_execution_knows_the_rows_that_come_next(database: Database) -> None:
    runs = [a_task_run("x"), a_task_run("y")]
    keep(database, an_execution("a", task_runs={one.id: one for one in runs}), [a_line(), a_line(), a_line()])
    stored = read_stored(database, "a")
    assert (stored.places, stored.next_place, stored.next_log) == ({"x": 0, "y": 1}, 2, 3)
    keep(database, an_execution("b"))
    assert (read_stored(database, "b").next_place, read_stored(database, "b").next_log) == (0, 0)


@pytest.mark.parametrize(
    ("state", "interrupted"),
    [(StateType.RUNNING, True), (StateType.QUEUED, True), (StateType.PAUSED, False), (StateType.FAILED, False)],
)
def test_one_that_should_be_at_work_and_has_no_process_is_interrupted(
    database: Database, state: StateType, interrupted: bool
) -> None:
    keep(database, an_execution("a", state))
    assert read_stored(database, "a").interrupted is interrupted
    lock = ExecutionLock(database.folder, "a")
    assert lock.acquire()
    assert not read_stored(database, "a").interrupted
    lock.release()


def test_the_log_can_be_read_on_from_a_line_and_from_a_level(database: Database) -> None:
    keep(database, an_execution("a"), [a_line("0", LogLevel.ERROR), a_line("1", LogLevel.DEBUG), a_line("2")])
    assert read_logs_after(database, "a", -1, LogLevel.INFO) == (2, [a_line("0", LogLevel.ERROR), a_line("2")])
    assert read_logs_after(database, "a", 0, LogLevel.TRACE)[1] == [a_line("1", LogLevel.DEBUG), a_line("2")]
    assert read_logs_after(database, "a", 2, LogLevel.TRACE) == (2, [])


def test_one_that_is_gone_is_told(database: Database) -> None:
    with pytest.raises(UsageError, match="there is no execution `a`"):
        read_stored(database, "a")
