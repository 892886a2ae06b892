"""Executions that begin here."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.app.uploads import Uploads
from flowrun.engine.messages import Begin
from flowrun.engine.start import start
from flowrun.errors import NewerStore, StoreError
from flowrun.model.lease import NoLease
from flowrun.runtime.clock import VirtualClock, WallClock
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.host import EngineHost, environment_variables
from flowrun.runtime.ids import new_id
from flowrun.runtime.loop import Loop
from flowrun.runtime.seal import Seal
from flowrun.store.database import KEY_FILE, open_database
from flowrun.store.home import home_folder
from flowrun.store.lease import StoreLease
from flowrun.store.recorder import Recorder
from flowrun.store.storage import FOLDER as STORAGE
from flowrun.store.storage import FolderStorage, PassingStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrun.engine.messages import Message
    from flowrun.engine.run import Run
    from flowrun.loading.source import Source
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution
    from flowrun.model.flow import Flow
    from flowrun.model.lease import Lease
    from flowrun.model.sink import Sink
    from flowrun.model.storage import Storage
    from flowrun.runtime.clock import Clock
    from flowrun.store.database import Database

    Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a flow is run. `jobs`: worker threads, default `min(32, 4 × cores)`."""

    virtual_time: bool = False
    jobs: int | None = None


class Running:
    """An execution that is ready to run, or runs."""

    def __init__(
        self,
        loop: Loop,
        events: Sequence[Event] = (),
        recorder: Recorder | None = None,
        lease: StoreLease | None = None,
        passing: PassingStorage | None = None,
    ) -> None:
        self._loop = loop
        self._passing = passing
        self._events = events
        self._recorder = recorder
        self._lease = lease

    def run_to_end(self) -> Execution:
        """Run it. The sinks are left open: whoever made them closes them."""
        try:
            self._loop.tell(self._events)
            self._loop.run_to_end()
        except BaseException:
            if self._recorder:
                self._recorder.doubt()
            raise
        finally:
            if self._recorder:
                write_the_rest(self._recorder)
            if self._lease:
                self._lease.release()
                self._lease.database.close()
            if self._passing:
                self._passing.close()
        return self._loop.run.execution

    @property
    def kept(self) -> bool:
        """Whether the store has it."""
        return self._recorder is not None

    def kill(self) -> None:
        """End it in order: nothing new starts, bodies are told. Safe in a signal handler."""
        self._loop.kill()


def write_the_rest(recorder: Recorder) -> None:
    """Close it. The signal that a hasty hand sends meanwhile must not cost the end of the execution."""
    try:
        recorder.close()
    except KeyboardInterrupt:
        recorder.close()
        raise


class Keeping:
    """Where a new execution is kept, with the source of its flow. `warn` hears of it when that fails."""

    def __init__(self, database: Database, source: Source, warn: Warn) -> None:
        self.database = database
        self.source = source
        self.warn = warn


def keep_in_store(flow: Flow, source: Source, warn: Warn) -> Keeping | None:
    """Keep an execution of this flow in the store; without one that can be used the run is not kept. Raises `NewerStore`."""
    try:
        return Keeping(open_database(home_folder()), source, warn)
    except NewerStore:
        raise
    except StoreError as problem:
        warn(not_kept(problem, flow))
        return None


def not_kept(problem: StoreError, flow: Flow) -> str:
    """What is told when a run goes on without the store."""
    uncounted = ", and its concurrency limit does not count" if flow.concurrency else ""
    return f"{problem.message}; this run is not kept{uncounted}"


def begin(
    flow: Flow,
    raw_inputs: Mapping[str, Any],
    labels: Mapping[str, str],
    sinks: Sequence[Sink],
    options: RunOptions,
    *,
    keeping: Keeping | None = None,
) -> Running:
    """A new execution of a flow, kept if that is wanted. Raises `StartRefused` when none could be created."""
    clock = VirtualClock() if options.virtual_time else WallClock()
    uploads = Uploads()
    run, events = start(
        flow,
        raw_inputs,
        labels,
        now=clock.now(),
        new_id=new_id,
        random=random.random,
        envs=environment_variables(os.environ),
        seal=seal_of(keeping.database if keeping else None),
        host=EngineHost(clock),
        upload=uploads,
        virtual_time=options.virtual_time,
    )
    lease = take_lease(keeping, run.execution, flow) if keeping else None
    if keeping is None or lease is None:
        passing = PassingStorage()
        uploads.store(passing)
        loop = make_loop(run, clock, sinks, passing, lease=NoLease(), first=Begin(), options=options)
        return Running(loop, events, passing=passing)
    storage = storage_of(keeping.database)
    try:
        uploads.store(storage)
    except StoreError:
        lease.release()
        keeping.database.close()
        raise
    recorder = Recorder(keeping.database, keeping.source.text, keeping.source.name, keeping.warn)
    first = Begin(lease.claim())
    loop = make_loop(run, clock, [recorder, *sinks], storage, lease=lease, first=first, options=options)
    return Running(loop, events, recorder, lease)


def take_lease(keeping: Keeping, execution: Execution, flow: Flow) -> StoreLease | None:
    """Make a new execution this process's own; None where the store has no room for its lock."""
    lease = StoreLease(keeping.database, execution, flow.concurrency)
    try:
        lease.acquire()
    except StoreError as problem:
        keeping.database.close()
        keeping.warn(not_kept(problem, flow))
        return None
    return lease


def seal_of(database: Database | None) -> Seal:
    """What SECRET inputs are sealed with."""
    return Seal(database.folder / KEY_FILE if database else None)


def storage_of(database: Database) -> FolderStorage:
    """The internal storage beside a database."""
    return FolderStorage(database.folder / STORAGE)


def make_loop(
    run: Run,
    clock: Clock,
    sinks: Sequence[Sink],
    storage: Storage,
    *,
    lease: Lease,
    first: Message,
    options: RunOptions,
) -> Loop:
    """What feeds an execution."""
    files = ExecutionFiles(storage, run.execution)
    run.host = EngineHost(clock, files)
    return Loop(run, clock, sinks, lease=lease, first=first, files=files, jobs=options.jobs)
