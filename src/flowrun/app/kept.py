"""Executions that were kept: gone on with, killed, listed, read back, thrown away."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

from flowrun.app import flows
from flowrun.app.flow_finder import FlowFinder, folder_of
from flowrun.app.launcher import FlowLauncher
from flowrun.app.resuming import resolved, waiting_run
from flowrun.app.runs import Running, RunOptions, workplace_of
from flowrun.app.stored import run_of
from flowrun.diagnostics import did_you_mean
from flowrun.engine.inputs import flatten
from flowrun.engine.messages import Kill, Restart, Resume
from flowrun.engine.restart import NO_TASK, going_on, open_sealed, opened, plan_restart, plan_states
from flowrun.engine.scope import execution_variables, task_variables
from flowrun.engine.start import is_there
from flowrun.errors import StartRefused, StoreError, UsageError
from flowrun.loading.source import Source
from flowrun.model.durations import format_duration
from flowrun.model.inputs import DurationInput
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
    forget_requests,
    read_logs,
    read_logs_after,
    read_stored,
    request_kill,
    request_resume,
)
from flowrun.store.history import Filter
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
    from flowrun.model.inputs import Input
    from flowrun.model.log import LogEntry
    from flowrun.model.sink import Sink
    from flowrun.runtime.clock import Clock
    from flowrun.store.database import Database
    from flowrun.store.executions import Stored
    from flowrun.store.history import Brief
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
class Ended:
    """An execution of the store that has ended, and the flow that it was an execution of."""

    database: Database
    stored: Stored
    flow: Flow


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
            flow, _ = flows.load(Source(stored.source, stored.source_name), stored.execution.mocked)
            lease = StoreLease(database, stored.execution, flow.concurrency)
            lease.acquire()
            forget_requests(database, stored.execution)
            stored = read_stored(database, execution_id)  # again: another process may have had it until now
            lease.execution = stored.execution
            return Kept(database, lease, stored, flow, read_logs(database, execution_id))
    except BaseException:
        database.close()
        raise


def restart(
    kept: Kept, sinks: Sequence[Sink], options: RunOptions, warn: Warn, states: Sequence[tuple[str, StateType]] = ()
) -> Running:
    """Go on with an execution that failed, was killed, or whose process died. Raises `StartRefused`.

    `states`: go on as if these tasks had ended so; the id of a task means its latest run, that of a task run this one.
    """
    execution = kept.stored.execution
    try:
        wanted = {runs_to_go_on_from(task, execution)[-1].id: state for task, state in states}
        plan = plan_states(kept.flow, execution, wanted) if states else plan_restart(kept.flow, execution)
    except StartRefused:
        kept.lease.release()
        raise
    return at_work(kept, Restart(plan, kept.lease.claim()), sinks, options, warn)


@dataclass(frozen=True, slots=True)
class Paused:
    """An execution that waits for a word; `live`: in another process that is there. `seen`: what its templates see."""

    flow: Flow
    execution: Execution
    live: bool
    seen: Mapping[str, Any]


def find_paused(wanted: str) -> Paused:
    """A stored execution that waits for a word. Raises `UsageError`, `StartRefused` when it does not, `StoreError`."""
    stored, logs = read_execution(wanted)
    flow, _ = flows.read(Source(stored.source, stored.source_name))
    waiting_run(flow, stored.execution)
    run = run_of(flow, stored.execution, logs, RunOptions().seen_envs(), unseal=Seal(home_folder() / KEY_FILE).open)
    return Paused(flow, stored.execution, stored.live, execution_variables(run))


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
    plan = plan_restart(kept.flow, kept.stored.execution)
    return at_work(kept, Resume(task_run.id, inputs, plan), sinks, options, warn)


def resume_elsewhere(paused: Paused, raw_inputs: Mapping[str, Any]) -> None:
    """Give the word to the process that runs an execution. Raises `StartRefused` when somebody has given it already."""
    with the_open_store() as database:
        task_run = waiting_run(paused.flow, paused.execution)
        run = run_of(
            paused.flow, paused.execution, (), RunOptions().seen_envs(), unseal=Seal(database.folder / KEY_FILE).open
        )
        inputs = resolved(run, task_run, raw_inputs, FolderStorage(database.folder / STORAGE))
        if not request_resume(database, paused.execution.id, task_run.id, inputs):
            raise StartRefused(f"Execution '{paused.execution.id}' was resumed by another process")


def look_up(wanted: str) -> Ended:
    """A stored execution that is to be replayed. Raises `UsageError`, `StartRefused`, `FlowInvalid`, `StoreError`."""
    database = the_store()
    try:
        with told_as_store_error(database.folder):
            stored = read_stored(database, find_id(database, wanted))
        refuse_unfinished(stored.execution)
        flow, _ = flows.load(Source(stored.source, stored.source_name), stored.execution.mocked)
    except BaseException:
        database.close()
        raise
    return Ended(database, stored, flow)


def refuse_unfinished(execution: Execution) -> None:
    """Raise `StartRefused` for what has not ended."""
    if not execution.current.is_terminal:
        message = f"Execution must be terminated to be replayed, current state is '{execution.current.value}' !"
        raise StartRefused(message, hint=going_on(execution))


def replay(ended: Ended, task: str | None, sinks: Sequence[Sink], options: RunOptions, warn: Warn) -> Running:
    """A new execution in place of one that ended: from its beginning, or from a task (its id, or that of a task run).

    Raises `StartRefused`.
    """
    stored, flow = ended.stored, ended.flow
    virtual = options.virtual_time or stored.execution.virtual_time
    source = Source(stored.source, stored.source_name)
    clock = VirtualClock(stored.execution.state.histories[-1][1]) if virtual else WallClock()
    launcher = launcher_for(ended.database, (flow, source), options, warn, clock)
    try:
        task_run = None if task is None else runs_to_go_on_from(task, stored.execution)[0]
        old = run_of(flow, stored.execution, (), launcher.envs, unseal=launcher.seal.open)
        old.execution.virtual_time = virtual
        live = launcher.begin_again(old, source, task_run, sinks)
    except BaseException:
        launcher.close()
        raise
    loop = Loop(clock, launcher=launcher, jobs=options.jobs, ask=options.ask, workplace=launcher.workplace)
    return Running(loop, live, launcher.close)


def last_of(flow: Flow) -> tuple[Execution, dict[str, Any]]:
    """The newest execution of a flow, and the inputs that it was given. Raises `UsageError` for none, `StoreError`."""
    name = f"{flow.namespace}.{flow.id}"
    with a_store() as database:
        found = listing.history(database, Filter(flow=name), 1) if database else []
        if not database or not found:
            raise UsageError(f"the store has no execution of `{name}` to begin from", hint="run the whole flow first")
        execution = read_stored(database, found[0].id).execution
        open_sealed(execution, Seal(database.folder / KEY_FILE).open)
        return execution, inputs_of(execution, flow, database)


def inputs_of(execution: Execution, flow: Flow, database: Database) -> dict[str, Any]:
    """The inputs that an execution was given, as they can be given again; sealed ones are opened."""
    seal = Seal(database.folder / KEY_FILE)
    inputs = opened(execution.inputs, seal.open, [])
    declared = [one for one in flatten(flow.inputs or ()) if is_there(inputs, one.id)]
    return {one.id: given_again(one, reduce(getitem, one.id.split("."), inputs)) for one in declared}


def given_again(declared: Input, value: Any) -> Any:
    """What gives this value to an input; an execution holds a duration as its seconds."""
    if isinstance(declared, DurationInput) and isinstance(value, int | float):
        return format_duration(timedelta(seconds=value))
    return value


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
    found = runs_of(task, execution)
    if found:
        return found[-1]
    known = list(dict.fromkeys(one.task_id for one in execution.task_runs.values()))
    hint = f"those that ran: {', '.join(known)}" if known else "none of its tasks ran"
    raise UsageError(f"no task `{task}` ran in execution `{execution.id}`", hint=hint)


def runs_of(task: str, execution: Execution) -> list[TaskRun]:
    """The runs of a task, or the task run of this id; the oldest first."""
    return [one for one in execution.task_runs.values() if task in (one.task_id, one.id)]


def runs_to_go_on_from(task: str, execution: Execution) -> list[TaskRun]:
    """As `runs_of`. Raises `StartRefused` with Kestra's sentence when there is none."""
    try:
        latest_run_of(task, execution)
    except UsageError as unknown:
        near = did_you_mean(task, [one.task_id for one in execution.task_runs.values()])
        raise StartRefused(NO_TASK, hint=f"{unknown.message}; {near or unknown.hint}") from unknown
    return runs_of(task, execution)


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
    launcher = launcher_for(kept.database, (flow, source), options, warn, clock)
    run = run_of(flow, stored.execution, kept.logs, launcher.envs, unseal=launcher.seal.open)
    record = Recorder(kept.database, stored.source, stored.source_name, warn, seal=launcher.seal, known=stored)
    live = launcher.taken_up(run, source, sinks, lease=kept.lease, first=first, record=record)
    loop = Loop(clock, launcher=launcher, jobs=options.jobs, ask=options.ask, workplace=launcher.workplace)
    return Running(loop, live, launcher.close)


def launcher_for(
    database: Database, own: tuple[Flow, Source], options: RunOptions, warn: Warn, clock: Clock
) -> FlowLauncher:
    """What begins the further executions of one that the store had. `own`: its flow."""
    finder = FlowFinder(own, options.flows or folder_of(own[1]), database, deep=options.deep, warn=warn)
    virtual = isinstance(clock, VirtualClock)
    return FlowLauncher(
        clock,
        finder,
        database=database,
        warn=warn,
        more=options.more,
        reach=options.reach(own[0], finder, database),
        envs=options.seen_envs(),
        workplace=workplace_of(options),
        virtual_time=virtual,
    )


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
