"""The list of executions, and what is thrown away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.stored import NOW, a_line, a_task_run, an_execution, count, keep

from flowrun.model.state import StateType
from flowrun.store.database import FILE, open_database
from flowrun.store.history import Filter, history, prune
from flowrun.store.locks import ExecutionLock
from flowrun.store.storage import FOLDER, FolderStorage

if TYPE_CHECKING:
    from pathlib import Path

    from flowrun.store.database import Database

DAY = timedelta(days=1)


def ids(database: Database, limit: int | None = None, **wanted: Any) -> str:
    """The ids of the executions that fit, put together."""
    return "".join(one.id for one in history(database, Filter(**wanted), limit))


def test_the_newest_is_first(database: Database) -> None:
    for name in "bca":
        keep(database, an_execution(name))
    assert ids(database) == "acb"
    assert ids(database, limit=2) == "ac"


def test_a_flow_is_named_by_its_id_or_with_its_namespace(database: Database) -> None:
    keep(database, an_execution("a", namespace="x.y", flow_id="f"))
    keep(database, an_execution("b", namespace="x", flow_id="y.f"))
    keep(database, an_execution("c", namespace="z", flow_id="f"))
    assert ids(database, flow="f") == "ca"
    assert ids(database, flow="x.y.f") == "ba"
    assert ids(database, flow="x.y") == ""
    assert ids(database, flow="\udcff") == ""


def test_states_are_named_in_any_case_and_several_may_be(database: Database) -> None:
    keep(database, an_execution("s", StateType.SUCCESS))
    keep(database, an_execution("f", StateType.FAILED))
    keep(database, an_execution("w", StateType.WARNING))
    assert ids(database, states=["failed"]) == "f"
    assert ids(database, states=["Warning", "SUCCESS"]) == "ws"
    assert ids(database, states=["nonsense"]) == ""


def test_what_should_run_and_has_no_process_is_interrupted(database: Database) -> None:
    keep(database, an_execution("d", StateType.RUNNING))
    keep(database, an_execution("l", StateType.RUNNING))
    keep(database, an_execution("p", StateType.PAUSED))
    lock = ExecutionLock(database.folder, "l")
    assert lock.acquire()
    assert ids(database, states=["running"]) == "l"
    assert ids(database, states=["interrupted"]) == "d"
    assert ids(database, states=["interrupted", "RUNNING"], limit=1) == "l"
    assert [one.shown_state for one in history(database, Filter())] == ["PAUSED", "RUNNING", "INTERRUPTED"]
    lock.release()


def test_all_labels_must_be_there(database: Database) -> None:
    keep(database, an_execution("a", labels={"team": "red"}))
    keep(database, an_execution("b", labels={"team": "red", "run": "nightly"}))
    assert ids(database, labels={"team": "red"}) == "ba"
    assert ids(database, labels={"team": "red", "run": "nightly"}) == "b"
    assert ids(database, labels={"team": "nightly"}) == ""
    assert ids(database, labels={"team": "\udcff"}) == ""


@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_since_is_in_and_until_is_out(database: Database, micros: int) -> None:
    begun = NOW + timedelta(microseconds=micros)
    keep(database, an_execution("a", begun=begun))
    tick = timedelta(microseconds=1)
    assert ids(database, since=begun) == "a"
    assert ids(database, since=begun + tick) == ""
    assert ids(database, until=begun) == ""
    assert ids(database, since=begun - tick, until=begun + tick) == "a"


def test_a_line_tells_what_is_kept(database: Database) -> None:
    keep(database, an_execution("a", StateType.RUNNING, StateType.KILLED, labels={"a": "1"}, virtual_time=True))
    (one,) = history(database, Filter())
    assert (one.namespace, one.flow_id, one.flow_revision, one.state) == ("test", "flow", 1, StateType.KILLED)
    assert (one.started_at, one.ended_at) == (NOW, NOW + timedelta(seconds=2))
    assert (one.labels, one.virtual_time, one.interrupted) == ({"a": "1"}, True, False)


def test_prune_deletes_what_is_old_with_all_that_belongs_to_it(database: Database) -> None:
    run = a_task_run("x")
    keep(database, an_execution("o", begun=NOW - 9 * DAY, task_runs={run.id: run}), [a_line()], source="old")
    keep(database, an_execution("n", task_runs={run.id: run}), [a_line()], source="new")
    assert prune(database, NOW - DAY) == 1
    assert ids(database) == "n"
    assert [count(database, table) for table in ("task_runs", "logs", "sources")] == [1, 1, 1]


def test_prune_keeps_what_lives_and_what_is_paused(database: Database) -> None:
    for name, state in [("l", StateType.RUNNING), ("p", StateType.PAUSED), ("d", StateType.RUNNING)]:
        keep(database, an_execution(name, state, begun=NOW - 9 * DAY))
    lock = ExecutionLock(database.folder, "l")
    assert lock.acquire()
    assert prune(database, NOW) == 1
    assert ids(database) == "pl"
    assert not ExecutionLock(database.folder, "l").acquire()
    lock.release()


def test_prune_looks_at_the_end_but_for_an_end_in_virtual_time(database: Database) -> None:
    long_ago = {"begun": NOW - 9 * DAY}
    execution = an_execution("e", **long_ago)
    execution.state.change(StateType.FAILED, NOW)
    keep(database, execution)
    execution = an_execution("v", **long_ago, virtual_time=True)
    execution.state.change(StateType.FAILED, NOW)
    keep(database, execution)
    assert prune(database, NOW - DAY) == 1
    assert ids(database) == "e"


def test_prune_leaves_no_lock_behind_and_counts_more_than_one_round(database: Database) -> None:
    for number in range(450):
        keep(database, an_execution(f"id{number}"))
    assert prune(database, NOW + DAY) == 450
    assert [path.name for path in (database.folder / "locks").iterdir()] == ["migration.lock"]
    assert prune(database, NOW + DAY) == 0


def fill(folder: Path) -> None:
    with closing(open_database(folder)) as database:
        for number in range(20):
            keep(database, an_execution(f"id{number}"), [a_line("x" * 15_000) for _ in range(10)])


def test_prune_shrinks_the_file(tmp_path: Path) -> None:
    fill(tmp_path)
    before = (tmp_path / FILE).stat().st_size
    with closing(open_database(tmp_path)) as database:
        assert prune(database, NOW + DAY) == 20
    assert (tmp_path / FILE).stat().st_size < before / 10


def test_prune_ends_where_the_file_cannot_shrink(tmp_path: Path) -> None:
    """It was begun by another program, which left no table in it."""
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.executescript("CREATE TABLE x (y); DROP TABLE x")
    fill(tmp_path)
    with closing(open_database(tmp_path)) as database:
        assert prune(database, NOW + DAY) == 20


def test_prune_removes_the_files_of_what_it_deletes_and_no_others(database: Database) -> None:
    storage = FolderStorage(database.folder / FOLDER)
    for name, begun in (("old", NOW - 3 * DAY), ("new", NOW)):
        keep(database, an_execution(name, begun=begun))
        storage.put(f"kestra:///test/flow/executions/{name}/inputs/x/a.txt", BytesIO(b"1"))
    assert prune(database, NOW - DAY) == 1
    assert [path.name for path in (storage.folder / "test/flow/executions").iterdir()] == ["new"]
