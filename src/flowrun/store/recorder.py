"""The sink that keeps an execution: what changed since the last flush goes into one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowrun.model.events import ExecutionCreated, ExecutionRestarted, LogWritten, PassStarted, TaskRunCreated
from flowrun.model.log import LogBatch
from flowrun.store.rows import EXECUTION, LOG, TASK_RUN, batch_row, execution_row, log_row, storable, task_run_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.log import LogEntry
    from flowrun.store.database import Database
    from flowrun.store.executions import Stored
    from flowrun.store.rows import Row


def columns(names: str) -> str:
    """`?` for each column of a list."""
    return ", ".join("?" * len(names.split(",")))


INSERT_EXECUTION = f"INSERT INTO executions ({EXECUTION}, source, source_name) VALUES ({columns(EXECUTION)}, ?, ?)"  # noqa: S608
UPDATE_EXECUTION = f"UPDATE executions SET ({EXECUTION}) = ({columns(EXECUTION)}) WHERE number = ?"  # noqa: S608
PUT_TASK_RUN = f"INSERT OR REPLACE INTO task_runs (execution, number, {TASK_RUN}) VALUES (?, ?, {columns(TASK_RUN)})"  # noqa: S608
PUT_LOG = f"INSERT OR REPLACE INTO logs (execution, number, {LOG}) VALUES (?, ?, {columns(LOG)})"  # noqa: S608
PUT_BATCH = (
    f"INSERT OR REPLACE INTO logs (execution, number, {LOG}) "  # noqa: S608
    "SELECT ?, ? + key, ?, ?, ?, ?, value FROM json_each(?)"
)
"""Many lines by one statement, which takes a third less than one for each."""

NUL = "\\u0000"
"""How JSON writes the character at which SQLite's functions for JSON end a text."""


class Recorder:
    """Writes one execution. `text` and `name` are those of its flow's source; `seal` encrypts what holds a secret.

    When the store cannot be written, `warn` is called once and the run goes on; what could not be written is
    tried again with each flush. So is what an interrupt cut short, and nobody knows whether that is written already:
    each statement may be repeated.
    """

    def __init__(
        self,
        database: Database,
        text: str,
        name: str,
        warn: Callable[[str], None],
        *,
        seal: Callable[[str], str] = str,
        known: Stored | None = None,
    ) -> None:
        self.database = database
        self.text = text
        self.name = name
        self.warn = warn
        self.seal = seal
        self.warned = False
        self.execution: Execution | None = known.execution if known else None
        self.number: int | None = known.number if known else None
        self.places: dict[str, int] = dict(known.places) if known else {}
        self.next_place = known.next_place if known else 0
        self.next_log = known.next_log if known else 0
        self.changed = False
        self.removed: list[int] = []
        self.touched: dict[str, None] = {}
        self.lines: list[LogEntry | LogBatch] = []
        self.line_count = 0

    def handle(self, event: Event) -> None:
        """Remember what an event touches; the row is made when it is written, from what is true then."""
        if isinstance(event, LogWritten):
            self.lines.append(event.entry)
            self.line_count += 1
            return
        if isinstance(event, PassStarted):
            self.remove(event.removed)
        task_run_id = getattr(event, "task_run_id", None)
        if task_run_id is not None:
            self.touched[task_run_id] = None
        elif isinstance(event, TaskRunCreated):
            self.touched[event.task_run.id] = None
            self.place(event.task_run.id)
        else:
            self.changed = True
            if isinstance(event, ExecutionCreated | ExecutionRestarted):
                self.execution = event.execution
            if isinstance(event, ExecutionCreated):
                self.take_all(event.execution)  # it may have those of another one
            if isinstance(event, ExecutionRestarted):
                self.remove(event.removed)

    def handle_batch(self, batch: LogBatch) -> None:
        """Remember lines."""
        self.lines.append(batch)
        self.line_count += len(batch.messages)

    def remove(self, task_run_ids: Sequence[str]) -> None:
        """Forget task runs that do not belong to the execution any more."""
        for one in task_run_ids:
            self.removed.append(self.places.pop(one))
            self.touched.pop(one, None)

    def place(self, task_run_id: str) -> None:
        """Give a new task run its row."""
        if task_run_id not in self.places:
            self.places[task_run_id] = self.next_place
            self.next_place += 1

    def take_all(self, execution: Execution) -> None:
        """Take each task run for changed, and give it a row if it has none."""
        for task_run_id in execution.task_runs:
            self.touched[task_run_id] = None
            self.place(task_run_id)

    def doubt(self) -> None:
        """Take everything for changed: an interrupt may have cut a turn short, of which nobody was told then."""
        self.changed = True
        if self.execution:
            self.take_all(self.execution)

    def flush(self) -> None:
        """Write everything that is not written yet, at once."""
        if not (self.changed or self.touched or self.lines) or self.execution is None:
            return
        number = self.number
        try:
            with self.database.transaction():
                self.write(self.execution)
        except BaseException as problem:
            self.number = number
            if not isinstance(problem, sqlite3.Error):
                raise
            if not self.warned:
                self.warned = True
                self.warn(f"the run goes on, but the store in `{self.database.folder}` cannot keep it: {problem}")
            return
        self.next_log += self.line_count
        self.line_count = 0
        self.changed = False
        self.removed, self.lines, self.touched = [], [], {}

    def close(self) -> None:
        """Write the rest."""
        self.flush()

    def write(self, execution: Execution) -> None:
        """One row for the execution, and one for each task run and log line that is new or has changed."""
        if self.number is None:
            self.number = self.written(execution.id)
        if self.number is None:
            cursor = self.database.execute(INSERT_EXECUTION, (*self.row(execution), self.source(), storable(self.name)))
            self.number = cursor.lastrowid
        elif self.changed:
            self.database.execute(UPDATE_EXECUTION, (*self.row(execution), self.number))
        number = self.number
        for place in self.removed:
            self.database.execute("DELETE FROM task_runs WHERE execution = ? AND number = ?", (number, place))
        runs, places = execution.task_runs, self.places
        self.database.executemany(
            PUT_TASK_RUN, [(number, places[one], *task_run_row(self.kept(runs[one]))) for one in self.touched]
        )
        assert number is not None
        self.write_lines(number)

    def write_lines(self, number: int) -> None:
        """A row for each new line of the log, in the execution of this number."""
        place = self.next_log
        rows: list[Row] = []
        for lines in self.lines:
            if isinstance(lines, LogBatch):
                *columns, texts = batch_row(lines)
                if NUL not in texts:
                    self.database.execute(PUT_BATCH, (number, place, *columns, texts))
                    place += len(lines.messages)
                    continue
            entries = lines.entries() if isinstance(lines, LogBatch) else (lines,)
            for entry in entries:
                rows.append((number, place, *log_row(entry)))
                place += 1
        self.database.executemany(PUT_LOG, rows)

    def row(self, execution: Execution) -> tuple[Any, ...]:
        """The columns of the execution as the store may have it."""
        return execution_row(execution.with_values(self.sealed) if execution.masking.texts else execution)

    def kept(self, task_run: TaskRun) -> TaskRun:
        """A task run as the store may have it."""
        outputs = self.sealed(task_run.outputs)
        return task_run if outputs is task_run.outputs else replace(task_run, outputs=outputs)

    def sealed(self, value: Any) -> Any:
        """A value as the store may have it."""
        assert self.execution is not None
        return self.execution.masking.sealed(value, self.seal)

    def written(self, execution_id: str) -> int | None:
        """The row that a write left which was interrupted as it ended."""
        found = self.database.execute("SELECT number FROM executions WHERE id = ?", (execution_id,)).fetchone()
        return found and int(found[0])

    def source(self) -> int:
        """The row of the flow's text: that of the flow's last execution when it is still the same."""
        execution, text = self.execution, storable(self.text)
        assert execution is not None
        last = (
            "SELECT sources.id, text FROM executions JOIN sources ON sources.id = source "
            "WHERE flow_id = ? AND namespace = ? ORDER BY number DESC LIMIT 1"
        )
        found: Sequence[Any] | None = self.database.execute(last, (execution.flow_id, execution.namespace)).fetchone()
        if found and found[1] == text:
            return int(found[0])
        added = self.database.execute("INSERT INTO sources (text) VALUES (?)", (text,)).lastrowid
        assert added is not None
        return added
