"""The executions of the store as a list; and throwing away what is old."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrun.model.state import StateType
from flowrun.model.storage import execution_uri
from flowrun.store.executions import needs_process
from flowrun.store.locks import holding, is_live
from flowrun.store.rows import read_plan, storable
from flowrun.store.storage import FOLDER as STORAGE
from flowrun.store.storage import FolderStorage
from flowrun.store.values import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.store.database import Database

INTERRUPTED = "INTERRUPTED"
"""What an execution is called that should be at work, and whose process is gone. Kestra has no such state."""

AT_ONCE = 200
"""Executions that one transaction of `prune` deletes: other processes do not wait long for it."""

PAGES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Brief:
    """An execution as a line of the history. `interrupted`: it should be at work, and its process is gone.

    `parent_id`: the execution that started it, or that it replays. `kinds`, `until`: as those of `Execution`.
    """

    id: str
    namespace: str
    flow_id: str
    flow_revision: int
    state: StateType
    interrupted: bool
    started_at: datetime
    ended_at: datetime | None
    labels: Mapping[str, str]
    virtual_time: bool
    parent_id: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    until: str | None = None

    @property
    def shown_state(self) -> str:
        """The state as people see it."""
        return INTERRUPTED if self.interrupted else self.state.value


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a history holds; `flow` is an id, or `namespace.id`. What is None or empty filters nothing."""

    flow: str | None = None
    states: Sequence[str] = ()
    labels: Mapping[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None


def history(database: Database, wanted: Filter, limit: int | None = None) -> list[Brief]:
    """The executions that fit, newest first."""
    where, values = conditions(wanted)
    query = (
        "SELECT id, namespace, flow_id, flow_revision, state, started_at, ended_at, labels, virtual_time, "  # noqa: S608
        "coalesce(caller_id, parent_id), planned, until_task "
        f"FROM executions {where} ORDER BY number DESC"
    )
    states = {state.upper() for state in wanted.states}
    found = []
    for row in database.execute(query, values):
        brief = read_brief(row, database)
        if not states or brief.shown_state in states:
            found.append(brief)
            if len(found) == limit:
                break
    return found


def conditions(wanted: Filter) -> tuple[str, list[str]]:
    """The WHERE clause of a filter, and its values. States are only narrowed down: who is alive no table knows."""
    clauses: list[str] = []
    values: list[str] = []
    if wanted.flow:
        clauses.append("(flow_id = ? OR namespace || '.' || flow_id = ?)")
        values += [wanted.flow, wanted.flow]
    states = {state.upper() for state in wanted.states}
    if states and INTERRUPTED not in states:
        clauses.append(f"state IN ({', '.join('?' * len(states))})")
        values += sorted(states)
    for key, value in (wanted.labels or {}).items():
        clauses.append("EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND value = ?)")
        values += [key, value]
    for moment, comparison in ((wanted.since, ">="), (wanted.until, "<")):
        if moment is not None:
            clauses.append(f"started_at {comparison} ?")
            values.append(moment.isoformat())
    return f"WHERE {' AND '.join(clauses)}" if clauses else "", [storable(value) for value in values]


def read_brief(row: tuple[Any, ...], database: Database) -> Brief:
    """One line of the history."""
    id_, namespace, flow_id, revision, state, started_at, ended_at, labels, virtual_time, *more = row
    parent_id, planned, until = more
    return Brief(
        id=id_,
        namespace=namespace,
        flow_id=flow_id,
        flow_revision=revision,
        state=StateType(state),
        interrupted=needs_process(StateType(state)) and not is_live(database.folder, id_),
        started_at=datetime.fromisoformat(started_at),
        ended_at=datetime.fromisoformat(ended_at) if ended_at else None,
        labels=load(labels),
        virtual_time=bool(virtual_time),
        parent_id=parent_id,
        kinds={task_id: read_plan(plan).kind for task_id, plan in load(planned).items()},
        until=until,
    )


def prune(database: Database, older_than: datetime) -> int:
    """Delete what ended (or, interrupted, began) before a moment; what lives or waits stays. Returns how many."""
    ended = "CASE WHEN virtual_time THEN started_at ELSE coalesce(ended_at, started_at) END"
    query = f"SELECT number, id, namespace, flow_id, state FROM executions WHERE {ended} < ? ORDER BY number"  # noqa: S608
    old = [
        (number, execution_id, execution_uri(namespace, flow_id, execution_id))
        for number, execution_id, namespace, flow_id, state in database.execute(
            query, (older_than.isoformat(),)
        ).fetchall()
        if state != StateType.PAUSED and not is_live(database.folder, execution_id)
    ]
    deleted = sum(delete(database, old[first : first + AT_ONCE]) for first in range(0, len(old), AT_ONCE))
    tidy(database)
    return deleted


def tidy(database: Database) -> None:
    """Drop what only deleted executions had, and give the room back."""
    with database.transaction():
        database.execute("DELETE FROM sources WHERE id NOT IN (SELECT source FROM executions)")
    shrink(database)


def shrink(database: Database) -> None:
    """Give pages that hold nothing any more back to the disk, some at a time, as others want to write too."""
    left, before = free_pages(database), -1
    while left and left != before:  # one that another program began cannot shrink
        database.connection.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
        left, before = free_pages(database), left


def free_pages(database: Database) -> int:
    (number,) = database.execute("PRAGMA freelist_count").fetchone()
    return int(number)


def delete(database: Database, executions: Sequence[tuple[int, str, str]]) -> int:
    """Delete executions, by number, id and the folder of their files, but those that a process took up meanwhile.

    The files go first: what is left when this is interrupted is tried again. Returns how many.
    """
    storage = FolderStorage(database.folder / STORAGE)
    with holding(database.folder, [one for _, one, _ in executions]) as held:
        ours = [(number, uri) for number, one, uri in executions if one in held]
        for _, uri in ours:
            storage.remove(uri)
        with database.transaction():
            database.executemany("DELETE FROM executions WHERE number = ?", [(number,) for number, _ in ours])
    return len(ours)
