"""What the tasks of this process may ask of executions: see `flowrun.model.executions`."""

from __future__ import annotations

from collections import deque
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from flowrun.app import flows
from flowrun.app.resuming import waiting_run
from flowrun.engine.messages import Resume
from flowrun.errors import FlowMissing, StartRefused, TaskFailed, UsageError
from flowrun.loading.source import Source
from flowrun.model.events import LogWritten
from flowrun.runtime.loop import stopped_run
from flowrun.store import executions as rows
from flowrun.store.database import open_database, told_as_store_error
from flowrun.store.rows import storable
from flowrun.store.triggers import switch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowrun.app.flow_finder import FlowFinder
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution
    from flowrun.model.executions import Wanted
    from flowrun.model.log import LogEntry, LogLevel
    from flowrun.model.sink import Sink
    from flowrun.runtime.live import LiveExecution
    from flowrun.store.database import Database

MOST_EXECUTIONS = 10_000
MOST_LINES = 100_000
"""Executions, and log lines of each, that are remembered where no store keeps them; the oldest go."""


class Unkept:
    """The sink that remembers an execution which no store keeps."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.lines: deque[LogEntry] = deque(maxlen=MOST_LINES)

    def handle(self, event: Event) -> None:
        if isinstance(event, LogWritten):
            self.lines.append(event.entry)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""


class ProcessExecutions:
    """See `flowrun.model.executions.Executions`. `finder`: where the flows of triggers are looked for.

    The loop's connection to the store belongs to its thread: each call here opens one of its own.
    """

    def __init__(self, finder: FlowFinder, database: Database | None) -> None:
        self.finder = finder
        self.folder = database.folder if database else None
        self.lives: WeakValueDictionary[str, LiveExecution] = WeakValueDictionary()
        self.unkept: dict[str, Unkept] = {}

    def remember(self, execution: Execution) -> Sink:
        """The sink for an execution that no store keeps."""
        while len(self.unkept) >= MOST_EXECUTIONS:
            del self.unkept[next(iter(self.unkept))]
        self.unkept[execution.id] = Unkept(execution)
        return self.unkept[execution.id]

    def add(self, live: LiveExecution) -> None:
        """Know an execution that this process runs."""
        self.lives[live.id] = live

    def find(self, execution_id: str) -> Execution | None:
        if live := self.lives.get(execution_id):
            return live.run.execution
        if execution_id in self.unkept:
            return self.unkept[execution_id].execution
        with self.store() as database:
            try:
                return rows.read_stored(database, storable(execution_id)).execution if database else None
            except UsageError:
                return None

    def log(self, execution_id: str, least: LogLevel) -> Iterator[LogEntry]:
        if execution_id in self.unkept:
            lines = list(self.unkept[execution_id].lines)
            yield from (entry for entry in lines if entry.level.rank >= least.rank)
            return
        with self.store() as database:
            if database:
                yield from rows.log_lines(database, storable(execution_id), least)

    def count(self, wanted: Wanted) -> int:
        unkept = sum(wanted.fits(one.execution) for one in list(self.unkept.values()))
        with self.store() as database:
            return unkept + (rows.count(database, wanted) if database else 0)

    def resume(self, execution_id: str, inputs: Mapping[str, Any] | None) -> bool:
        if live := self.lives.get(execution_id):
            task_run = stopped_run(live)
            if task_run is None or live.post is None:
                return False
            live.post(Resume(task_run.id, inputs))
            return True
        with self.store() as database:
            return database is not None and self.leave_word(database, execution_id, inputs)

    def leave_word(self, database: Database, execution_id: str, inputs: Mapping[str, Any] | None) -> bool:
        """Ask whoever runs an execution, now or later, to go on with it."""
        stored = rows.read_stored(database, execution_id)
        flow, _ = flows.read(Source(stored.source, stored.source_name))
        try:
            task_run = waiting_run(flow, stored.execution)
        except StartRefused:
            return False
        return rows.request_resume(database, execution_id, task_run.id, inputs)

    def switch(self, namespace: str, flow_id: str, trigger_id: str, *, enabled: bool) -> None:
        with self.store() as database:
            try:
                flow, _ = self.finder.with_database(database).look_up(namespace, flow_id, None)
            except FlowMissing as problem:
                reason = "Make sure the flow exists and the current execution is authorized to access it."
                raise TaskFailed(f"Unable to find flow {namespace}.{flow_id}. {reason}") from problem
            if not any(one.id == trigger_id and one.scheduled for one in flow.triggers or ()):
                raise TaskFailed(f"Unable to find trigger {trigger_id} for the flow {namespace}.{flow_id}")
            if database:
                switch(database, namespace, flow_id, trigger_id, disabled=not enabled)

    @contextmanager
    def store(self) -> Iterator[Database | None]:
        """A connection to the store; None without one. Raises `StoreError`."""
        if self.folder is None:
            yield None
            return
        with closing(open_database(self.folder)) as database, told_as_store_error(self.folder):
            yield database
