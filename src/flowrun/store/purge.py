"""Throwing away what tasks name of the store: executions that have ended, their files, lines of logs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.model.executions import Purged
from flowrun.model.state import TERMINAL, StateType
from flowrun.model.storage import execution_uri
from flowrun.store.executions import column
from flowrun.store.history import AT_ONCE, tidy
from flowrun.store.locks import holding
from flowrun.store.rows import storable
from flowrun.store.storage import FOLDER as STORAGE
from flowrun.store.storage import FolderStorage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowrun.model.executions import Outdated, OutdatedLines, Parts, Scope
    from flowrun.store.database import Database

    Clauses = Mapping[str, Sequence[str]]
    """SQL conditions, each with its values."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """An execution that is to go: its row, its id, the folder of its files."""

    number: int
    id: str
    uri: str


def purge(database: Database, outdated: Outdated, parts: Parts, batch_size: int) -> Iterator[Purged]:
    """See `flowrun.model.executions.Executions.purge`. No batch is larger than `AT_ONCE`."""
    after = 0
    while batch := doomed(database, outdated, after, min(batch_size, AT_ONCE)):
        yield purge_batch(database, batch, parts)
        after = batch[-1].number
    if after and parts.execution:
        tidy(database)


def doomed(database: Database, outdated: Outdated, after: int, limit: int) -> list[Doomed]:
    """The next executions behind the one of this number."""
    clauses = {
        **of_scope(outdated.scope),
        **one_of("state", sorted(TERMINAL.intersection(outdated.states or TERMINAL))),
        **between("started_at", "ended_at", column(outdated.start), column(outdated.end)),
    }
    where, values = joined(clauses)
    query = (
        f"SELECT number, id, namespace, flow_id FROM executions WHERE {where} AND number > ? ORDER BY number LIMIT ?"  # noqa: S608
    )
    rows = database.execute(query, (*values, after, limit)).fetchall()
    return [Doomed(number, one, execution_uri(namespace, flow_id, one)) for number, one, namespace, flow_id in rows]


def purge_batch(database: Database, batch: Sequence[Doomed], parts: Parts) -> Purged:
    """Delete those that still have ended, now that nobody can go on with them. The files go first, as in `history.delete`."""
    with holding(database.folder, [one.id for one in batch]) as held:
        ours = [one for one in batch if one.id in held and has_ended(database, one.id)]
        files = [remove_files(database, one.uri) for one in ours] if parts.files else []
        numbers = [(one.number,) for one in ours]
        lines = executions = 0
        with database.transaction():
            if parts.log:
                lines = database.executemany("DELETE FROM logs WHERE execution = ?", numbers).rowcount
            if parts.execution:
                executions = database.executemany("DELETE FROM executions WHERE number = ?", numbers).rowcount
    return Purged(max(executions, 0), max(lines, 0), files)


def remove_files(database: Database, uri: str) -> int:
    """Delete a folder, and those around it that are empty then. How many files and folders were in it, itself included."""
    storage = FolderStorage(database.folder / STORAGE)
    gone = storage.delete(uri)
    storage.remove(uri)
    return len(gone)


def has_ended(database: Database, execution_id: str) -> bool:
    """Whether an execution is over, or none."""
    row = database.execute("SELECT state FROM executions WHERE id = ?", (execution_id,)).fetchone()
    return row is None or StateType(row[0]).is_terminal


@contextmanager
def holding_ended(database: Database, execution_id: str) -> Iterator[bool]:
    """See `flowrun.model.executions.Executions.holding`."""
    with holding(database.folder, [execution_id]) as held:
        yield execution_id in held and has_ended(database, execution_id)


def purge_log(database: Database, outdated: OutdatedLines) -> Iterator[int]:
    """See `flowrun.model.executions.Executions.purge_log`. A transaction for each execution: others do not wait long."""
    own = {"id = ?": [storable(outdated.execution_id)]} if outdated.execution_id is not None else {}
    where, values = joined({**of_scope(outdated.scope), **own})
    following = f"SELECT min(number) FROM executions WHERE {where} AND number > ?"  # noqa: S608
    lines, line_values = joined(
        {
            **(one_of("level", outdated.levels) if outdated.levels else {}),
            **between("at", "at", column(outdated.start), column(outdated.end)),
        }
    )
    number = 0
    while number := database.execute(following, (*values, number)).fetchone()[0]:
        delete = f"DELETE FROM logs WHERE execution = ? AND {lines}"  # noqa: S608
        yield database.execute(delete, (number, *line_values)).rowcount


def of_scope(scope: Scope) -> Clauses:
    """As `Scope.holds`."""
    clauses: dict[str, list[str]] = {}
    if scope.flow_id is not None:
        clauses["flow_id = ?"] = [storable(scope.flow_id)]
    if scope.namespace is not None:
        namespace = storable(scope.namespace)
        if scope.flow_id is not None:
            clauses["namespace = ?"] = [namespace]
        else:
            clauses["(namespace = ? OR namespace >= ? || '.' AND namespace < ? || '/')"] = [namespace] * 3
    return clauses


def one_of(name: str, choices: Sequence[str]) -> Clauses:
    """A column with one of these values; without any, no row fits."""
    return {f"{name} IN ({', '.join('?' * len(choices))})": [str(one) for one in choices]}


def between(first: str, last: str, start: str | None, end: str | None) -> Clauses:
    """One column not before a moment, and one not after another."""
    return {f"{name} ?": [moment] for name, moment in ((f"{first} >=", start), (f"{last} <=", end)) if moment}


def joined(clauses: Clauses) -> tuple[str, list[str]]:
    """All conditions as one, and their values."""
    return " AND ".join(clauses) or "1", [value for values in clauses.values() for value in values]
