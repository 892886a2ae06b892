"""The recorder: a flush writes what changed since the last one, whole, and once."""

from __future__ import annotations

import copy
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.support.driver import Driver, body, flow
from tests.support.stored import NOW, a_line, an_execution, count, keep, refuse

from flowrun.engine.messages import Abort, Begin
from flowrun.engine.start import start
from flowrun.model.events import ExecutionCreated, LogWritten
from flowrun.model.lease import NoLease
from flowrun.model.log import LogBatch, LogLevel
from flowrun.runtime.clock import WallClock
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.live import LiveExecution
from flowrun.runtime.loop import Loop
from flowrun.store.database import FILE, Database, open_database
from flowrun.store.executions import read_logs, read_stored
from flowrun.store.recorder import Recorder
from flowrun.store.storage import PassingStorage
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.log.log import Log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Heard:
    """A recorder that hears what a driver does; `warnings` are its own."""

    def __init__(self, database: Database, run: Driver) -> None:
        self.run = run
        self.warnings: list[str] = []
        self.recorder = Recorder(database, "id: flow", "flow.yaml", self.warnings.append)
        self.told = 0

    def flush(self) -> None:
        for event in self.run.events[self.told :]:
            self.recorder.handle(event)
        self.told = len(self.run.events)
        self.recorder.flush()

    def is_kept_in(self, database: Database) -> bool:
        """Whether the store holds the execution and its log as they are."""
        execution = self.run.run.execution
        log = [event.entry for event in self.run.events if isinstance(event, LogWritten)]
        stored = read_stored(database, execution.id).execution
        return (stored, read_logs(database, execution.id)) == (execution, log)


def two_bodies() -> Driver:
    return Driver(flow(body("a"), body("b")))


def read_only(database: Database) -> Database:
    uri = f"file:{database.folder / FILE}?mode=ro"
    return Database(database.folder, sqlite3.connect(uri, uri=True, isolation_level=None))


def test_nothing_is_kept_before_the_execution_exists(database: Database) -> None:
    recorder = Recorder(database, "id: flow", "flow.yaml", refuse)
    recorder.handle(LogWritten(a_line()))
    recorder.flush()
    assert count(database, "executions") == 0


def test_a_flush_without_news_does_not_touch_the_store(database: Database) -> None:
    heard = Heard(database, two_bodies())
    heard.flush()
    before = database.connection.total_changes
    heard.recorder.flush()
    heard.recorder.close()
    assert database.connection.total_changes == before


def test_a_store_that_cannot_be_written_is_warned_of_once_and_nothing_is_lost(database: Database) -> None:
    with closing(read_only(database)) as locked:
        heard = Heard(locked, two_bodies())
        heard.flush()
        heard.run.fail("a")
        heard.flush()
        heard.flush()
    assert heard.warnings == [
        f"the run goes on, but the store in `{database.folder}` cannot keep it: attempt to write a readonly database"
    ]
    heard.recorder.database = database
    heard.recorder.close()
    assert heard.is_kept_in(database)
    assert len(heard.warnings) == 1


def test_a_disk_that_was_full_gets_all_of_it_when_there_is_room_again(database: Database) -> None:
    heard = Heard(database, two_bodies())
    heard.flush()
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    heard.run.succeed("a", {"text": "x" * 20_000})
    heard.flush()
    assert [one.rpartition(": ")[2] for one in heard.warnings] == ["database or disk is full"]
    database.execute("PRAGMA max_page_count = 9999").fetchone()
    heard.flush()
    assert heard.is_kept_in(database)


def test_a_store_that_was_closed_is_only_warned_of(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    database.close()
    heard = Heard(database, two_bodies())
    heard.flush()
    heard.recorder.close()
    assert len(heard.warnings) == 1


class Interrupted(Database):
    """A database at which somebody presses Ctrl-C: just before or just after a transaction is committed."""

    def __init__(self, whole: Database, *, after: bool) -> None:
        super().__init__(whole.folder, whole.connection)
        self.after = after

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
            if not self.after:
                raise KeyboardInterrupt
        raise KeyboardInterrupt


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_what_an_interrupt_cut_short_is_written_by_the_next_flush(
    database: Database, *, first: bool, after: bool
) -> None:
    heard = Heard(database, two_bodies())
    if not first:
        heard.flush()
    heard.run.fail("a")
    heard.recorder.database = Interrupted(database, after=after)
    with pytest.raises(KeyboardInterrupt):
        heard.flush()
    heard.recorder.database = database
    heard.run.send(Abort())
    heard.flush()
    assert heard.is_kept_in(database)
    assert heard.warnings == []


class HastyIds:
    """Gives ids until somebody presses Ctrl-C for the second time."""

    def __init__(self, presses_at: int) -> None:
        self.given = 0
        self.presses_at = presses_at

    def __call__(self) -> str:
        self.given += 1
        if self.given == self.presses_at:
            raise KeyboardInterrupt
        return f"id{self.given}"


def test_a_turn_that_an_interrupt_cut_short_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    """Nobody was told what had happened in it."""
    logs = [Log(id=name, type="test.Log", message="hi") for name in "abc"]
    fan = Parallel(id="fan", type="test.Parallel", tasks=logs)
    ids = HastyIds(presses_at=4)
    run, events = start(flow(fan), {}, {}, now=NOW, new_id=ids, random=lambda: 0.5, envs={}, seal=str)
    recorder = Recorder(open_database(tmp_path), "id: flow", "flow.yaml", refuse)
    clock = WallClock()
    files = ExecutionFiles(PassingStorage(), run.execution)
    live = LiveExecution(run, clock, (), files=files, lease=NoLease(), first=Begin(), events=events, record=recorder)
    loop = Loop(clock)
    loop.add(live)
    with pytest.raises(KeyboardInterrupt):
        loop.run_to_end()
    stored = read_stored(recorder.database, "id1").execution
    recorder.database.close()
    assert [(one.task_id, one.current.value) for one in stored.task_runs.values()] == [
        ("fan", "KILLED"),
        ("a", "KILLED"),
    ]
    assert stored == run.execution


def test_executions_of_one_flow_share_its_text_until_it_changes(database: Database) -> None:
    for number, source in enumerate(["one", "one", "two", "two", "one"]):
        keep(database, an_execution(f"id{number}"), source=source)
    assert [read_stored(database, f"id{number}").source for number in range(5)] == ["one", "one", "two", "two", "one"]
    assert count(database, "sources") == 3


def test_a_restart_replaces_the_rows_of_handlers_that_run_anew(database: Database) -> None:
    first = Heard(database, Driver(flow(body("a"), errors=[body("e")])))
    first.run.fail("a")
    first.run.succeed("e")
    first.flush()
    known = read_stored(database, first.run.run.execution.id)
    again = Heard(database, Driver.restarted(first.run.run.flow, copy.deepcopy(known.execution)))
    again.recorder = Recorder(database, "id: flow", "flow.yaml", refuse, known=known)
    again.run.fail("a")
    again.flush()
    assert [one.task_id for one in read_stored(database, known.execution.id).execution.task_runs.values()] == ["a", "e"]
    assert count(database, "task_runs") == 2


@pytest.mark.parametrize("message", ["plain", 'a "quote" \\ \\u0000', "\u00fc \U0001f600", "a\0b", "\t\x1b[0m", ""])
def test_lines_that_came_at_once_are_kept_as_those_that_came_one_by_one(database: Database, message: str) -> None:
    recorder = Recorder(database, "id: flow", "flow.yaml", refuse)
    recorder.handle(ExecutionCreated(NOW, an_execution()))
    batch = LogBatch(NOW, LogLevel.ERROR, ["first", message, "last"], "task", "run")
    for _ in range(2):
        recorder.handle(LogWritten(a_line("before")))
        recorder.handle_batch(batch)
        recorder.handle(LogWritten(a_line("after")))
        recorder.flush()
    assert read_logs(database, "one") == [a_line("before"), *batch.entries(), a_line("after")] * 2
