"""One execution of the store: found by the beginning of its id, read back whole, asked to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from flowrun.errors import UsageError
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.store.locks import is_live
from flowrun.store.rows import EXECUTION, LOG, TASK_RUN, read_execution, read_log, read_task_run, storable
from flowrun.store.values import dump, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from flowrun.model.execution import Execution
    from flowrun.model.executions import Wanted
    from flowrun.model.log import LogEntry
    from flowrun.store.database import Database

LAST = "--last"
SHOWN_WHEN_AMBIGUOUS = 5


def needs_process(state: StateType) -> bool:
    """Whether an execution in this state is at work; one that is PAUSED waits without."""
    return not (state.is_terminal or state is StateType.PAUSED)


@dataclass(frozen=True, slots=True)
class Stored:
    """An execution as it was kept. `places` are the row numbers of its task runs; `live`: a process runs it."""

    number: int
    execution: Execution
    source: str
    source_name: str
    places: Mapping[str, int]
    next_place: int
    next_log: int
    live: bool

    @property
    def interrupted(self) -> bool:
        """Whether it should be at work, and its process is gone."""
        return needs_process(self.execution.current) and not self.live


def find_id(database: Database, wanted: str) -> str:
    """The id that begins like this; with `LAST` that of the newest execution that no other one called. Raises `UsageError`."""
    if wanted == LAST:
        query = "SELECT id FROM executions WHERE caller_id IS NULL ORDER BY number DESC LIMIT 1"
        newest = database.execute(query).fetchone()
        if newest is None:
            raise UsageError("there is no execution yet", hint="`flowrun run FLOW` makes one")
        return str(newest[0])
    matching = "SELECT id FROM executions WHERE id >= ? AND id < ? || '{' ORDER BY number DESC LIMIT ?"
    beginning = storable(wanted)
    found = [row[0] for row in database.execute(matching, (beginning, beginning, SHOWN_WHEN_AMBIGUOUS + 1))]
    if not found:
        raise UsageError(f"there is no execution `{wanted}`", hint="`flowrun history` lists them")
    if len(found) > 1 and wanted not in found:
        shown = ", ".join(found[:SHOWN_WHEN_AMBIGUOUS]) + (", …" if len(found) > SHOWN_WHEN_AMBIGUOUS else "")
        raise UsageError(f"`{wanted}` could be several executions: {shown}", hint="give more of the id")
    return wanted if wanted in found else str(found[0])


def read_stored(database: Database, execution_id: str) -> Stored:
    """A whole execution, by its full id. Raises `UsageError`."""
    row = database.execute(
        "SELECT number, (SELECT text FROM sources WHERE sources.id = source), source_name, "  # noqa: S608
        f"{EXECUTION} FROM executions WHERE id = ?",
        (execution_id,),
    ).fetchone()
    if row is None:
        raise UsageError(f"there is no execution `{execution_id}`", hint="`flowrun history` lists them")
    number, source, source_name, *columns = row
    places, task_runs = {}, []
    query = f"SELECT number, {TASK_RUN} FROM task_runs WHERE execution = ? ORDER BY number"  # noqa: S608
    for place, *task_run in database.execute(query, (number,)):
        task_runs.append(read_task_run(tuple(task_run)))
        places[task_runs[-1].id] = place
    (next_log,) = database.execute(
        "SELECT coalesce(max(number) + 1, 0) FROM logs WHERE execution = ?", (number,)
    ).fetchone()
    return Stored(
        number=number,
        execution=read_execution(tuple(columns), task_runs),
        source=source,
        source_name=source_name,
        places=places,
        next_place=max(places.values(), default=-1) + 1,
        next_log=next_log,
        live=is_live(database.folder, execution_id),
    )


def read_logs(database: Database, execution_id: str) -> list[LogEntry]:
    """The whole log of an execution, in order."""
    return read_logs_after(database, execution_id, -1, LogLevel.TRACE)[1]


def log_lines(database: Database, execution_id: str, least: LogLevel) -> Iterator[LogEntry]:
    """The log of an execution from a level on, line by line: it may be longer than memory."""
    query = f"SELECT {LOG} FROM logs WHERE execution = (SELECT number FROM executions WHERE id = ?) ORDER BY number"  # noqa: S608
    entries = (read_log(row) for row in database.execute(query, (execution_id,)))
    return (entry for entry in entries if entry.level.rank >= least.rank)


def read_logs_after(database: Database, execution_id: str, after: int, least: LogLevel) -> tuple[int, list[LogEntry]]:
    """The lines behind the one of this number, from a level on; and the number of the last one."""
    query = (
        f"SELECT number, {LOG} FROM logs WHERE execution = (SELECT number FROM executions WHERE id = ?) "  # noqa: S608
        "AND number > ? ORDER BY number"
    )
    entries = []
    for number, *row in database.execute(query, (execution_id, after)):
        after = number
        entries.append(read_log(tuple(row)))
    return after, [entry for entry in entries if entry.level.rank >= least.rank]


def count(database: Database, wanted: Wanted) -> int:
    """How many executions fit."""
    conditions = {
        "namespace = ?": wanted.namespace,
        "flow_id = ?": wanted.flow_id,
        "started_at >= ?": column(wanted.start),
        "started_at <= ?": column(wanted.end),
    }
    given = {clause: storable(value) for clause, value in conditions.items() if value is not None}
    clauses = [*given, *([f"state IN ({', '.join('?' * len(wanted.states))})"] if wanted.states else [])]
    values = [*given.values(), *wanted.states]
    (number,) = database.execute(
        f"SELECT count(*) FROM executions WHERE {' AND '.join(clauses)}",  # noqa: S608
        values,
    ).fetchone()
    return int(number)


def column(moment: datetime | None) -> str | None:
    """A moment as the columns have it, so that it can be compared with them."""
    return moment.astimezone(UTC).isoformat() if moment else None


def request_kill(database: Database, execution_id: str) -> None:
    """Ask the process that runs an execution to kill it."""
    database.execute("UPDATE executions SET kill_requested = 1 WHERE id = ?", (execution_id,))


def forget_requests(database: Database, execution: Execution) -> None:
    """Drop requests that came too late: they were not meant for the process that goes on with the execution.

    The word of a resume is kept while the execution still waits for one.
    """
    database.execute("UPDATE executions SET kill_requested = 0 WHERE id = ?", (execution.id,))
    if execution.current is not StateType.PAUSED:
        database.execute("UPDATE executions SET resume_request = NULL WHERE id = ?", (execution.id,))


def request_resume(database: Database, execution_id: str, task_run_id: str, inputs: Mapping[str, Any] | None) -> bool:
    """Ask the process that runs an execution to go on with a task run; False when somebody has asked already.

    The task run goes with the word: one that came too late must not end the next wait. The word stays when it was
    heard, so that a second one is refused also before the store knows that the first has had an effect.
    """
    with database.transaction():
        query = "SELECT resume_request FROM executions WHERE id = ?"
        (word,) = database.execute(query, (execution_id,)).fetchone()
        if word is not None and load(word)[0] == task_run_id:
            return False
        ask = "UPDATE executions SET resume_request = ? WHERE id = ?"
        database.execute(ask, (dump([task_run_id, inputs]), execution_id))
        return True


def called_by(database: Database, execution_id: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The executions that the tasks of another called, oldest first: their ids, and the variables of their triggers."""
    query = "SELECT id, trigger FROM executions WHERE caller_id = ? ORDER BY number"
    rows = database.execute(query, (execution_id,))
    return [(str(found), load(trigger)["variables"]) for found, trigger in rows]
