"""Executions that were kept: gone on with, killed, listed, read back, thrown away."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrun.app import flows
from flowrun.app.flow_finder import FlowFinder
from flowrun.app.launcher import FlowLauncher
from flowrun.app.resuming import resolved, waiting_run
from flowrun.app.runs import Running, RunOptions, workplace_of
from flowrun.app.stored import run_of
from flowrun.engine.messages import Kill, Restart, Resume
from flowrun.engine.restart import plan_restart
from flowrun.engine.scope import execution_variables, task_variables
from flowrun.errors import StartRefused, StoreError, UsageError
from flowrun.loading.source import Source
from flowrun.model.log import MASK, LogLevel
from flowrun.model.state import StateType
from flowrun.runtime.clock import VirtualClock, WallClock
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.host import EngineHost, TaskHost
from flowrun.runtime.loop import Loop
from flowrun.runtime.seal import Seal
from flowrun.store import history as listing
from flowrun.store.database import KEY_FILE, find_database, told_as_store_error
from flowrun.store.executions import (
    find_id,
    forget_kill,
    read_logs,
    read_logs_after,
    read_stored,
    request_kill,
    request_resume,
)
from flowrun.store.home import home_folder
from flowrun.store.key_values import kept_pairs
from flowrun.store.lease import StoreLease
from flowrun.store.locks import is_live
from flowrun.store.recorder import Recorder
from flowrun.store.storage import FOLDER as STORAGE
from flowrun.store.storage import FolderStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from flowrun.engine.messages import Message
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.log import LogEntry
    from flowrun.model.sink import Sink
    from flowrun.store.database import Database
    from flowrun.store.executions import Stored
    from flowrun.store.history import Brief, Filter
    from flowrun.template import Host

    Warn = Callable[[str], None]

LOOK_EVERY = 0.1
"""Seconds between two looks at an execution of another process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An execution of the store that this process has made its own, to go on with it. `logs`: its lines so far."""

    database: Database
    lease: StoreLease
    stored: Stored
    flow: Flow
    logs: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class Killed:
    """How a `kill` found or left an execution; `killed` is False when it had ended by itself."""

    id: str
    state: StateType
    killed: bool


def take_up(wanted: str) -> Kept:
    """Make a stored execution this process's own. `wanted`: the beginning of its id, or `--last`.

    Raises `UsageError`, `StartRefused` when it runs in another process, `FlowInvalid`, `StoreError`.
    """
    database = the_store()
    try:
        with told_as_store_error(database.folder):
            execution_id = find_id(database, wanted)
            stored = read_stored(database, execution_id)
            flow, _ = flows.load(Source(stored.source, stored.source_name))
            lease = StoreLease(database, stored.execution, flow.concurrency)
            lease.acquire()
            forget_kill(database, execution_id)
            stored = read_stored(database, execution_id)  # again: another process may have had it until now
            lease.execution = stored.execution
            return Kept(database, lease, stored, flow, read_logs(database, execution_id))
    except BaseException:
        database.close()
        raise


def restart(kept: Kept, sinks: Sequence[Sink], options: RunOptions, warn: Warn) -> Running:
    """Go on with an execution that failed, was killed, or whose process died. Raises `StartRefused`."""
    try:
        plan = plan_restart(kept.flow, kept.stored.execution)
    except StartRefused:
        kept.lease.release()
        raise
    return at_work(kept, Restart(plan, kept.lease.claim()), sinks, options, warn)


@dataclass(frozen=True, slots=True)
class Paused:
    """An execution that waits for a word; `live`: in another process that is there."""

    flow: Flow
    execution: Execution
    live: bool


def find_paused(wanted: str) -> Paused:
    """A stored execution that waits for a word. Raises `UsageError`, `StartRefused` when it does not, `StoreError`."""
    stored, _ = read_execution(wanted)
    flow, _ = flows.read(Source(stored.source, stored.source_name))
    waiting_run(flow, stored.execution)
    return Paused(flow, stored.execution, stored.live)


def resume(
    kept: Kept, raw_inputs: Mapping[str, Any], sinks: Sequence[Sink], options: RunOptions, warn: Warn
) -> Running:
    """Go on with an execution that waits for a word, with these inputs. Raises `StartRefused`."""
    try:
        task_run = waiting_run(kept.flow, kept.stored.execution)
        run = run_of(
            kept.flow,
            kept.stored.execution,
            kept.logs,
            options.seen_envs(),
            unseal=Seal(kept.database.folder / KEY_FILE).open,
        )
        inputs = resolved(run, task_run, raw_inputs, FolderStorage(kept.database.folder / STORAGE))
    except (StartRefused, StoreError):
        kept.lease.release()
        raise
    return at_work(kept, Resume(task_run.id, inputs), sinks, options, warn)


def resume_elsewhere(paused: Paused, raw_inputs: Mapping[str, Any]) -> None:
    """Give the word to the process that runs an execution. Raises `StartRefused` when somebody has given it already."""
    with the_open_store() as database:
        task_run = waiting_run(paused.flow, paused.execution)
        run = run_of(
            paused.flow, paused.execution, (), RunOptions().seen_envs(), unseal=Seal(database.folder / KEY_FILE).open
        )
        inputs = resolved(run, task_run, raw_inputs, FolderStorage(database.folder / STORAGE))
        if not request_resume(database, paused.execution.id, inputs):
            raise StartRefused(f"Execution '{paused.execution.id}' was resumed by another process")


def kill(wanted: str, warn: Warn) -> Killed:
    """End an execution and wait for its end. Raises `UsageError`, `StoreError`.

    The process that runs it does that; for one whose process is gone, this one.
    """
    with the_open_store() as database:
        execution_id = find_id(database, wanted)
        asked = is_live(database.folder, execution_id)
        if asked:
            kill_elsewhere(database, execution_id)
        state = read_stored(database, execution_id).execution.current
    if state.is_terminal:
        return Killed(execution_id, state, killed=asked and state is StateType.KILLED)
    state = at_work(take_up(execution_id), Kill(), (), RunOptions(), warn).run_to_end().current
    return Killed(execution_id, state, killed=True)


def kill_elsewhere(database: Database, execution_id: str) -> None:
    """Ask the process that runs an execution, and wait until it has let go of it: it may die before it hears of it."""
    request_kill(database, execution_id)
    while is_live(database.folder, execution_id):
        time.sleep(LOOK_EVERY)


def history(wanted: Filter, limit: int | None) -> list[Brief]:
    """The executions that fit, newest first; none when nothing was ever kept. Raises `StoreError`."""
    with a_store() as database:
        return listing.history(database, wanted, limit) if database else []


def prune(older_than: datetime) -> int:
    """Delete what ended before this moment. Returns how many. Raises `StoreError`."""
    with a_store() as database:
        return listing.prune(database, older_than) if database else 0


def read_execution(wanted: str) -> tuple[Stored, list[LogEntry]]:
    """A stored execution with its log. Raises `UsageError`, `StoreError`."""
    with the_open_store() as database:
        stored = read_stored(database, find_id(database, wanted))
        return stored, read_logs(database, stored.execution.id)


def variables_of(wanted: str, task: str | None) -> tuple[dict[str, Any], Host]:
    """What templates of a stored execution see at its end, and whom they may ask.

    With `task` (its id, or that of one of its task runs) as in the properties of its latest task run. SECRET inputs
    read as `MASK`: no filter can bring them to light. Raises `UsageError`, `FlowInvalid`, `StoreError`.
    """
    stored, logs = read_execution(wanted)
    flow, _ = flows.read(Source(stored.source, stored.source_name))
    run = run_of(flow, stored.execution, logs, RunOptions().seen_envs(), unseal=lambda _sealed: MASK)
    storage, pairs = FolderStorage(home_folder() / STORAGE), kept_pairs(home_folder())
    files = ExecutionFiles(storage, stored.execution, pairs)
    if task is None:
        return execution_variables(run), EngineHost(WallClock(), files)
    task_run = latest_run_of(task, stored.execution)
    return task_variables(run, task_run, run.task(task_run)), TaskHost(run, WallClock(), files)


def latest_run_of(task: str, execution: Execution) -> TaskRun:
    """The newest run of a task, or the task run of this id. Raises `UsageError`."""
    for one in reversed(execution.task_runs.values()):
        if task in (one.task_id, one.id):
            return one
    known = list(dict.fromkeys(one.task_id for one in execution.task_runs.values()))
    hint = f"those that ran: {', '.join(known)}" if known else "none of its tasks ran"
    raise UsageError(f"no task `{task}` ran in execution `{execution.id}`", hint=hint)


def read_log(wanted: str, least: LogLevel, *, follow: bool) -> Iterator[list[LogEntry]]:
    """The log of an execution from a level on; with `follow` further lines as they come, until it ends.

    Raises `UsageError`, `StoreError`.
    """
    with the_open_store() as database:
        execution_id = find_id(database, wanted)
        after = -1
        while True:
            live = is_live(database.folder, execution_id)
            after, entries = read_logs_after(database, execution_id, after, least)
            yield entries
            if not (follow and live):
                return
            time.sleep(LOOK_EVERY)


def at_work(kept: Kept, first: Message, sinks: Sequence[Sink], options: RunOptions, warn: Warn) -> Running:
    """A stored execution that goes on with a message, by a clock that goes on where its own stopped."""
    stored, flow = kept.stored, kept.flow
    virtual = options.virtual_time or stored.execution.virtual_time
    clock = VirtualClock(stored.execution.state.histories[-1][1]) if virtual else WallClock()
    source = Source(stored.source, stored.source_name)
    folder = options.flows or folder_of(source)
    finder = FlowFinder((flow, source), folder, kept.database, deep=options.deep, warn=warn)
    launcher = FlowLauncher(
        clock,
        finder,
        database=kept.database,
        warn=warn,
        more=options.more,
        reach=options.reach(flow, finder, kept.database),
        envs=options.seen_envs(),
        virtual_time=virtual,
    )
    run = run_of(flow, stored.execution, kept.logs, launcher.envs, unseal=launcher.seal.open)
    record = Recorder(kept.database, stored.source, stored.source_name, warn, known=stored)
    live = launcher.taken_up(run, source, sinks, lease=kept.lease, first=first, record=record)
    loop = Loop(clock, launcher=launcher, jobs=options.jobs, ask=options.ask, workplace=workplace_of(options))
    return Running(loop, live, launcher.close)


def folder_of(source: Source) -> Path | None:
    """The folder of a flow file; None for a source that was no file, or is none any more."""
    path = Path(source.name)
    return path.parent if path.is_file() else None


@contextmanager
def a_store() -> Iterator[Database | None]:
    """The store for the time of a look at it; None when nothing was ever kept. Raises `StoreError`."""
    folder = home_folder()
    with told_as_store_error(folder):
        database = find_database(folder)
        try:
            yield database
        finally:
            if database:
                database.close()


@contextmanager
def the_open_store() -> Iterator[Database]:
    """As `a_store`, for what needs one. Raises `StoreError`, also when nothing was ever kept."""
    database = the_store()
    with told_as_store_error(database.folder), closing(database):
        yield database


def the_store() -> Database:
    """The store, to be closed by the caller. Raises `StoreError`, also when nothing was ever kept."""
    folder = home_folder()
    database = find_database(folder)
    if database is None:
        raise StoreError(f"no run was kept yet in `{folder}`", hint="`flowrun run FLOW` makes an execution")
    return database
