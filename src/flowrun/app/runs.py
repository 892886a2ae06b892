"""Executions that begin here."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowrun.app.flow_finder import FlowFinder
from flowrun.app.launcher import WHOLE, FlowLauncher, MoreSinks, Part, Silent, not_kept
from flowrun.app.reach import Reach
from flowrun.errors import NewerStore, StoreError
from flowrun.model.workplace import KeepWorkdir, Runner, Workplace
from flowrun.runtime.clock import VirtualClock, WallClock
from flowrun.runtime.host import environment_variables
from flowrun.runtime.loop import Loop
from flowrun.store.database import open_database
from flowrun.store.home import CACHE, home_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from flowrun.loading.source import Source
    from flowrun.model.execution import Execution
    from flowrun.model.flow import Check, Flow
    from flowrun.model.sink import Sink
    from flowrun.runtime.live import LiveExecution
    from flowrun.runtime.loop import Ask
    from flowrun.store.database import Database

    Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a flow is run. `jobs`: worker threads, default `min(32, 4 × cores)`.

    `flows`: the folder in which flows that are called are looked for, `deep`: also below it. `more` makes the sinks of
    further executions; `ask` asks somebody for the word that a paused one waits for. `secrets` by key and `envs` by name
    go over those of the environment; `namespace_files` is a folder that stands for the files of the flow's namespace. `part`: what
    of the flow runs.
    """

    virtual_time: bool = False
    jobs: int | None = None
    runner: Runner = Runner.PROCESS
    keep_workdir: KeepWorkdir = KeepWorkdir.NEVER
    offline: bool = False
    flows: Path | None = None
    deep: bool = False
    more: MoreSinks = field(default_factory=Silent)
    ask: Ask | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    envs: Mapping[str, str] = field(default_factory=dict)
    namespace_files: Path | None = None
    part: Part = WHOLE

    def seen_envs(self) -> dict[str, str]:
        """What templates see as `envs`."""
        return {**environment_variables(os.environ), **self.envs}

    def reach(self, flow: Flow, finder: FlowFinder, database: Database | None) -> Reach:
        """What a run of a flow finds stored."""
        folders = {flow.namespace: self.namespace_files} if self.namespace_files else {}
        return Reach(database, finder, secrets=self.secrets, folders=folders)


class Running:
    """An execution that is ready to run, or runs, with all those that come of it."""

    def __init__(self, loop: Loop, live: LiveExecution, close: Callable[[], None]) -> None:
        self._loop = loop
        self._live = live
        self._close = close

    def run_to_end(self) -> Execution:
        """Run it. The sinks are left open: whoever made them closes them.

        Returns the execution, or the last one of those that took its place (flow reference, 3.3).
        """
        try:
            self._loop.add(self._live)
            self._loop.run_to_end()
        finally:
            self._close()
        last = self._live
        while last.id in self._loop.successors:
            last = self._loop.successors[last.id]
        return last.run.execution

    @property
    def kept(self) -> bool:
        """Whether the store has it."""
        return self._live.record is not None

    @property
    def paused(self) -> list[Execution]:
        """The executions that wait for a word that nobody here could give."""
        return [live.run.execution for live in self._loop.lives.values() if live.run.paused]

    @property
    def kept_folders(self) -> Sequence[tuple[str, Path]]:
        """The working directories that stay, each with the id of its task."""
        return self._loop.workplace.kept

    @property
    def failed_checks(self) -> Sequence[Check]:
        """The checks of the flow that did not hold, and did not forbid the start."""
        return self._live.run.failed_checks

    def kill(self) -> None:
        """End it in order: nothing new starts, bodies are told. Safe in a signal handler."""
        self._loop.kill()


def open_store(flow: Flow, warn: Warn) -> Database | None:
    """The store in which an execution of this flow is kept; without one that can be used the run is not. Raises `NewerStore`."""
    try:
        return open_database(home_folder())
    except NewerStore:
        raise
    except StoreError as problem:
        warn(not_kept(problem, flow))
        return None


def begin(
    flow: Flow,
    source: Source,
    raw_inputs: Mapping[str, Any],
    labels: Mapping[str, str],
    *,
    sinks: Sequence[Sink],
    options: RunOptions,
    warn: Warn,
    database: Database | None = None,
) -> Running:
    """A new execution of a flow, kept in `database` if there is one. Raises `StartRefused` when none could be created.

    `warn` hears of what the store does not take, and of files that cannot be read.
    """
    before = options.part.before
    clock = VirtualClock(before.state.histories[-1][1] if before else None) if options.virtual_time else WallClock()
    finder = FlowFinder((flow, source), options.flows, database, deep=options.deep, warn=warn)
    launcher = FlowLauncher(
        clock,
        finder,
        database=database,
        warn=warn,
        more=options.more,
        reach=options.reach(flow, finder, database),
        envs=options.seen_envs(),
        workplace=workplace_of(options),
        virtual_time=options.virtual_time,
    )
    loop = Loop(clock, launcher=launcher, jobs=options.jobs, ask=options.ask, workplace=launcher.workplace)
    try:
        live = launcher.begin(flow, source, raw_inputs, labels, sinks=sinks, part=options.part)
    except BaseException:
        launcher.close()
        raise
    return Running(loop, live, launcher.close)


def workplace_of(options: RunOptions) -> Workplace:
    """Where processes run, and the cache in the home folder; none for a user without a home."""
    try:
        cache = home_folder() / CACHE
    except StoreError:
        cache = None
    return Workplace(options.runner, cache, keep_workdir=options.keep_workdir, offline=options.offline)
