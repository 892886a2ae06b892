"""A second Ctrl-C may come at any statement of a write: what is written then is what would have been written."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.model.events import LogWritten
from flowrun.model.log import LogLevel
from flowrun.store.database import Database, open_database
from flowrun.store.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from flowrun.model.events import Event

STATEMENTS = 13
"""More than two flushes consist of."""

ROWS = "SELECT * FROM executions", "SELECT * FROM task_runs", "SELECT * FROM logs", "SELECT * FROM sources"


class Interrupted(Database):
    """A database whose caller is interrupted once: as the statement of this number begins, or when it is done."""

    def __init__(self, opened: Database, statement: int, *, done: bool) -> None:
        super().__init__(opened.folder, opened.connection)
        self.left = statement
        self.done = done
        self.execute = self.interrupted(self.execute)
        self.executemany = self.interrupted(self.executemany)

    def interrupted(self, call: Any) -> Any:
        def instead(*arguments: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.done:
                raise KeyboardInterrupt
            result = call(*arguments)
            if self.left == 0:
                raise KeyboardInterrupt
            return result

        return instead


def some_events() -> list[Event]:
    """Those of two tasks, with a line of each."""
    run = Driver(flow(body("one"), body("two")))
    for task in ("one", "two"):
        (task_run,) = [each for each in run.run.execution.task_runs.values() if each.task_id == task]
        run.events.append(LogWritten(run.run.log_entry(run.now, LogLevel.INFO, f"of {task}", task_run)))
        run.succeed(task, {"of": task})
    return run.events


def written(database: Database, folder: Path) -> list[list[Any]]:
    """The rows after two flushes and, as at the end of a run that was interrupted, a last one."""
    warnings: list[str] = []
    recorder = Recorder(database, "text", "name", warnings.append)
    events = some_events()
    for some in (events[: len(events) // 2], events[len(events) // 2 :]):
        for event in some:
            recorder.handle(event)
        with suppress(KeyboardInterrupt):
            recorder.flush()
    recorder.close()
    assert warnings == []
    with closing(open_database(folder)) as reading:
        return [reading.execute(query).fetchall() for query in ROWS]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("statement", range(1, STATEMENTS))
def test_an_interrupted_write_is_made_up_for(tmp_path, statement, done):
    with closing(open_database(tmp_path / "calm")) as calm:
        expected = written(calm, tmp_path / "calm")
    assert [len(rows) for rows in expected] == [1, 2, 2, 1]
    with closing(Interrupted(open_database(tmp_path / "interrupted"), statement, done=done)) as interrupted:
        assert written(interrupted, tmp_path / "interrupted") == expected
        assert interrupted.left <= 0
