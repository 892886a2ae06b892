"""What the tasks of this process may ask of executions: see `flowrun.model.executions`."""

from __future__ import annotations

from collections import deque
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from flowrun.app import flows
from flowrun.app.resuming import waiting_run
from flowrun.engine.messages import Resume
from flowrun.errors import FlowMissing, StartRefused, TaskFailed, UsageError
from flowrun.loading.source import Source
from flowrun.model.events import LogWritten
from flowrun.model.storage import execution_uri
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
    from flowrun.model.executions import Outdated, OutdatedLines, Parts, Purged, Wanted
    from flowrun.model.log import LogEntry, LogLevel
    from flowrun.model.sink import Sink
    from flowrun.model.storage import Storage
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
        self.changing = Lock()

    def handle(self, event: Event) -> None:
        if isinstance(event, LogWritten):
            with self.changing:
                self.lines.append(event.entry)

    def forget_lines(self, outdated: OutdatedLines | None = None) -> int:
        """Forget some lines, or all; how many."""
        with self.changing:
            left = [one for one in self.lines if outdated and not outdated.fits(one)]
            gone = len(self.lines) - len(left)
            self.lines = deque(left, maxlen=MOST_LINES)
        return gone

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""


class ProcessExecutions:
    """See `flowrun.model.executions.Executions`. `finder`: where the flows of triggers are looked for.

    `storage`: the files of executions that no store keeps. The loop's connection to the store belongs to its thread: each call here opens one of its own.
    """

    def __init__(self, finder: FlowFinder, database: Database | None, storage: Storage) -> None:
        self.finder = finder
        self.storage = storage
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

    def purge(self, outdated: Outdated, parts: Parts, batch_size: int) -> Iterator[Purged]:
        ended = [
            one for one in list(self.unkept.values()) if outdated.fits(one.execution) and self.is_over(one.execution)
        ]
        for first in range(0, len(ended), batch_size):
            yield self.forget(ended[first : first + batch_size], parts)
        with self.store() as database:
            if database:
                from flowrun.store.purge import purge

                yield from purge(database, outdated, parts, batch_size)

    def is_over(self, execution: Execution) -> bool:
        """Whether an execution has ended, and what runs after it too."""
        live = self.lives.get(execution.id)
        return execution.current.is_terminal and (live is None or live.run.finished)

    def forget(self, unkept: list[Unkept], parts: Parts) -> Purged:
        """Forget executions, or parts of them, that no store keeps."""
        from flowrun.model.executions import Purged

        files = [len(self.storage.delete(uri_of(one.execution))) for one in unkept] if parts.files else []
        lines = sum(one.forget_lines() for one in unkept) if parts.log else 0
        for one in unkept if parts.execution else ():
            del self.unkept[one.execution.id]
        return Purged(len(unkept) if parts.execution else 0, lines, files)

    def purge_log(self, outdated: OutdatedLines) -> Iterator[int]:
        for one in list(self.unkept.values()):
            if outdated.scope.holds(one.execution) and outdated.execution_id in (None, one.execution.id):
                yield one.forget_lines(outdated)
        with self.store() as database:
            if database:
                from flowrun.store.purge import purge_log

                yield from purge_log(database, outdated)

    @contextmanager
    def holding(self, execution_id: str) -> Iterator[bool]:
        if execution_id in self.unkept:
            yield self.is_over(self.unkept[execution_id].execution)
            return
        with self.store() as database:
            if database is None:
                yield True
                return
            from flowrun.store.purge import holding_ended

            with holding_ended(database, execution_id) as held:
                yield held

    @contextmanager
    def store(self) -> Iterator[Database | None]:
        """A connection to the store; None without one. Raises `StoreError`."""
        if self.folder is None:
            yield None
            return
        with closing(open_database(self.folder)) as database, told_as_store_error(self.folder):
            yield database


def uri_of(execution: Execution) -> str:
    """The folder of the files of an execution."""
    return execution_uri(execution.namespace, execution.flow_id, execution.id)
