"""A live execution's hold on the store: its lock, its slot of the flow's `concurrency`, and whether it is to be killed.

Slots are counted in the database, inside a transaction that no other process can enter; a slot whose
execution is not alive any more counts for nothing (flow reference, 10.1).
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowrun.errors import StartRefused
from flowrun.model.flow import ConcurrencyBehavior
from flowrun.model.state import StateType
from flowrun.store.database import told_as_store_error
from flowrun.store.locks import ExecutionLock, is_live
from flowrun.store.values import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.model.execution import Execution
    from flowrun.model.flow import Concurrency
    from flowrun.store.database import Database

ROWS = "SELECT position, execution_id, held FROM slots WHERE namespace = ? AND flow_id = ? ORDER BY position"


class StoreLease:
    """See `flowrun.model.lease.Lease`. `release` gives slot and lock back; the end of the process does so too."""

    def __init__(self, database: Database, execution: Execution, concurrency: Concurrency | None) -> None:
        self.database = database
        self.execution = execution
        self.execution_id = execution.id
        self.flow = (execution.namespace, execution.flow_id)
        self.concurrency = concurrency
        self.lock = ExecutionLock(database.folder, execution.id)
        self.heard: str | None = None

    def acquire(self) -> None:
        """Make the execution this process's own. Raises `StartRefused` when it runs in another one, `StoreError`."""
        with told_as_store_error(self.database.folder):
            acquired = self.lock.acquire()
        if not acquired:
            raise StartRefused(
                f"execution {self.execution_id} is running in another process",
                hint=f"`flowrun kill {self.execution_id}` ends it",
            )

    def claim(self) -> int | None:
        if self.concurrency is None:
            return None
        queues = self.concurrency.behavior is ConcurrencyBehavior.QUEUE
        try:
            with self.database.transaction():
                others = self._remove_dead()
                running = sum(held for _, held in others)
                free = running < self.concurrency.limit and not (queues and running < len(others))
                if free or queues:
                    self._put(held=free)
        except sqlite3.Error:
            return None  # a store that cannot be written: the recorder says so, and the run goes on
        return None if free else running

    def granted(self) -> bool:
        try:
            if not self._is_next():
                return False
            with self.database.transaction():
                if not self._is_next():
                    return False
                self.database.execute("UPDATE slots SET held = 1 WHERE execution_id = ?", (self.execution_id,))
        except sqlite3.Error:
            return False
        return True

    def kill_requested(self) -> bool:
        """True once for each request."""
        asked = "SELECT 1 FROM executions WHERE id = ? AND kill_requested"
        try:
            if self.database.execute(asked, (self.execution_id,)).fetchone() is None:
                return False
            self.database.execute("UPDATE executions SET kill_requested = 0 WHERE id = ?", (self.execution_id,))
        except sqlite3.Error:
            return False
        return True

    def resume_requested(self) -> tuple[str, Mapping[str, Any] | None] | None:
        """Each word once."""
        asked = "SELECT resume_request FROM executions WHERE id = ? AND resume_request IS NOT NULL"
        try:
            found = self.database.execute(asked, (self.execution_id,)).fetchone()
        except sqlite3.Error:
            return None
        if found is None or found[0] == self.heard:
            return None
        self.heard = found[0]
        task_run_id, inputs = load(self.heard)
        return task_run_id, inputs

    def release(self) -> None:
        """Give the slot back, then the lock. One that is paused keeps its slot (flow reference, 10.1)."""
        if self.concurrency is not None and self.execution.current is not StateType.PAUSED:
            with suppress(sqlite3.Error):  # the lock is what counts; whoever asks next removes the row
                self.database.execute("DELETE FROM slots WHERE execution_id = ?", (self.execution_id,))
        self.lock.release()

    def _is_next(self) -> bool:
        """Whether nobody who lives waits before us, and a slot is free."""
        assert self.concurrency is not None
        rows = self._rows()
        before = itertools.takewhile(lambda row: row[1] != self.execution_id, rows)
        if any(not held and self._lives(other) for _, other, held in before):
            return False
        return sum(held and self._lives(other) for _, other, held in rows) < self.concurrency.limit

    def _remove_dead(self) -> list[tuple[str, bool]]:
        """The living executions of the flow and whether each has a slot; rows of others, and our own, are removed."""
        living = []
        for position, other, held in self._rows():
            if other != self.execution_id and self._lives(other):
                living.append((other, bool(held)))
            else:
                self.database.execute("DELETE FROM slots WHERE position = ?", (position,))
        return living

    def _rows(self) -> list[tuple[int, str, int]]:
        return self.database.execute(ROWS, self.flow).fetchall()

    def _lives(self, execution_id: str) -> bool:
        """Whether an execution counts: some process runs it, or it is paused."""
        if is_live(self.database.folder, execution_id):
            return True
        paused = "SELECT 1 FROM executions WHERE id = ? AND state = ?"
        return self.database.execute(paused, (execution_id, StateType.PAUSED.value)).fetchone() is not None

    def _put(self, *, held: bool) -> None:
        self.database.execute(
            "INSERT INTO slots (namespace, flow_id, execution_id, held) VALUES (?, ?, ?, ?)",
            (*self.flow, self.execution_id, held),
        )
