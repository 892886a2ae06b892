"""How executions begin: of a flow that somebody runs, of one that another calls, of one that runs once more."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from flowrun.app.executions import ProcessExecutions
from flowrun.app.templated import build_task
from flowrun.app.uploads import Uploads
from flowrun.engine.messages import Begin
from flowrun.engine.start import comes_after, replay, start, unused
from flowrun.errors import StartRefused, StoreError
from flowrun.model.lease import NoLease
from flowrun.model.masking import Masking
from flowrun.model.state import StateType
from flowrun.runtime.host import EngineHost
from flowrun.runtime.ids import new_id
from flowrun.runtime.live import LiveExecution
from flowrun.runtime.provided import Provided
from flowrun.runtime.seal import Seal
from flowrun.store.database import KEY_FILE
from flowrun.store.kept_outputs import KeptOutputs
from flowrun.store.lease import StoreLease
from flowrun.store.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrun.app.flow_finder import FlowFinder
    from flowrun.app.reach import Reach
    from flowrun.engine.messages import Message
    from flowrun.engine.run import Run
    from flowrun.loading.source import Source
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, Mock, PlannedFailure, TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.lease import Lease
    from flowrun.model.sink import Record, Sink
    from flowrun.model.task import FlowCall
    from flowrun.model.workplace import Workplace
    from flowrun.runtime.calls import Calling
    from flowrun.runtime.clock import Clock
    from flowrun.store.database import Database

    Warn = Callable[[str], None]


class MoreSinks(Protocol):
    """Makes the sinks of executions that begin while another one runs."""

    def of_called(self, flow: Flow, source: Source) -> Sequence[Sink]:
        """For an execution that a task called."""
        ...

    def of_successor(self, flow: Flow, source: Source) -> Sequence[Sink]:
        """For one that takes the place of another."""
        ...


class Silent:
    """Nobody watches."""

    def of_called(self, flow: Flow, source: Source) -> Sequence[Sink]:  # noqa: ARG002
        return ()

    def of_successor(self, flow: Flow, source: Source) -> Sequence[Sink]:  # noqa: ARG002
        return ()


@dataclass(frozen=True, slots=True)
class Part:
    """What of a flow runs, and what of it for real. `planned`, `until`: see `Execution`.

    It begins with the task `since`; what stands before that is copied from the execution `before`.
    """

    planned: Mapping[str, PlannedFailure | Mock] = field(default_factory=dict)
    until: str | None = None
    since: str | None = None
    before: Execution | None = None


WHOLE = Part()


class FlowLauncher:
    """See `flowrun.runtime.calls.Launcher`. `database`: where executions are kept; None: nowhere.

    `warn` hears of what the store does not take. `envs` is what templates see under this name; `reach` is closed with it.
    """

    def __init__(
        self,
        clock: Clock,
        finder: FlowFinder,
        *,
        database: Database | None,
        warn: Warn,
        more: MoreSinks,
        reach: Reach,
        envs: Mapping[str, str],
        workplace: Workplace,
        virtual_time: bool = False,
    ) -> None:
        self.clock = clock
        self.finder = finder
        self.database = database
        self.warn = warn
        self.more = more
        self.virtual_time = virtual_time
        self.reach = reach
        self.envs = envs
        self.workplace = workplace
        self.seal = Seal(database.folder / KEY_FILE if database else None)
        self.executions = ProcessExecutions(finder, database, reach.own_storage)
        self.provided = Provided(self.executions, KeptOutputs(reach.own_storage), build_task)
        self.sources: dict[str, Source] = {}

    def close(self) -> None:
        """Let go of the store, and of files that nobody keeps."""
        if self.database is not None:
            self.database.close()
        self.reach.close()

    def begin(
        self,
        flow: Flow,
        source: Source,
        raw_inputs: Mapping[str, Any],
        labels: Mapping[str, str],
        *,
        sinks: Sequence[Sink],
        trigger: Mapping[str, Any] | None = None,
        part: Part = WHOLE,
        masking: Masking | None = None,
    ) -> LiveExecution:
        """A new execution of a flow, or of a part of it. `masking`: that of its caller.

        Raises `StartRefused` when none could be created, `StoreError`.
        """
        uploads = Uploads()
        masking = masking or (part.before.masking if part.before else Masking())
        self.reach.secrets.hide_with(masking)
        try:
            run, events = start(
                flow,
                raw_inputs,
                labels,
                now=self.clock.now(),
                new_id=new_id,
                random=random.random,
                envs=self.envs,
                seal=self.seal,
                host=EngineHost(self.clock, self.reach.before(flow.namespace), self.workplace),
                upload=uploads,
                virtual_time=self.virtual_time,
                trigger=trigger,
                planned=part.planned,
                until=part.until,
                masking=masking,
            )
        except StartRefused as refused:
            raise refused.masked(masking.text) from refused
        if part.since is not None and part.before is not None:
            comes_after(run.execution, part.before)
            run.execution.variables = {**part.before.variables, **run.execution.variables}
            self.go_back(run, part.before, part.since)
        live = self.live(run, events, source, sinks)
        try:
            uploads.store(self.reach.storage)
        except StoreError:
            live.lease.release()
            raise
        return live

    def call(self, call: FlowCall, calling: Calling) -> LiveExecution:
        if calling.again and not call.anew and self.database is not None:
            from flowrun.app.stored import called_before, gone_on_with

            if execution_id := called_before(self.database, call, calling):
                return gone_on_with(self, self.database, execution_id)
        return self.called(call, calling)

    def called(self, call: FlowCall, calling: Calling) -> LiveExecution:
        """A new execution of the called flow. Raises `FlowMissing`, `StartRefused`."""
        flow, source = self.finder.find(call.namespace, call.flow_id, call.revision)
        caller = calling.live.run
        given = {name: value for name, value in call.inputs.items() if value is not None}
        labels = passed_on(caller.execution.labels, flow, call)
        trigger = {"id": calling.task.id, "type": calling.task.type, "variables": seen_of(calling, call)}
        live = self.begin(
            flow,
            source,
            given,
            labels,
            sinks=self.more.of_called(flow, source),
            trigger=trigger,
            masking=caller.execution.masking,
        )
        about = f"by parent execution {caller.execution.id} for subflow {flow.namespace}.{flow.id}"
        live.told_to_caller = [
            f"Input {name} was provided {about} but isn't declared at the subflow inputs"
            for name in unused(live.run, given)
        ]
        live.not_before = call.schedule_date
        return live

    def replay(self, live: LiveExecution) -> LiveExecution:
        before = live.run
        source = self.sources[live.id]
        attempt = before.execution.attempt + 1
        run, events = replay(before.flow, before, now=self.clock.now(), attempt=attempt)
        return self.live(run, events, source, self.more.of_successor(before.flow, source))

    def begin_again(self, old: Run, source: Source, task_run: TaskRun | None, sinks: Sequence[Sink]) -> LiveExecution:
        """A new execution in place of one of the store: from its beginning, or from a task run. Raises `StartRefused`."""
        now = self.clock.now()
        run, events = replay(old.flow, old, now=now, attempt=1)
        if task_run is not None:
            self.go_back(run, old.execution, task_run.task_id, task_run.id)
            run.execution.state.change(StateType.RESTARTED, now)
        return self.live(run, events, source, sinks)

    def go_back(self, run: Run, before: Execution, task_id: str, task_run_id: str | None = None) -> None:
        """Copy what stood before a task; templates of the flowables around it are rendered for that."""
        from flowrun.engine.replay import go_back

        run.host = EngineHost(self.clock, self.reach.of(run), self.workplace)
        run.unseal = self.seal.open
        go_back(run, before, task_id, task_run_id, now=self.clock.now())

    def taken_up(
        self, run: Run, source: Source, sinks: Sequence[Sink], *, lease: Lease, first: Message | None, record: Record
    ) -> LiveExecution:
        """An execution of the store, which goes on with a message; without one it has ended."""
        self.sources[run.execution.id] = source
        files = self.reach.of(run)
        run.host = EngineHost(self.clock, files, self.workplace)
        run.seal, run.unseal = self.seal, self.seal.open
        live = LiveExecution(
            run,
            self.clock,
            sinks,
            files=files,
            lease=lease,
            first=first,
            record=record,
            provided=self.provided,
            workplace=self.workplace,
        )
        self.executions.add(live)
        return live

    def live(self, run: Run, events: Sequence[Event], source: Source, sinks: Sequence[Sink]) -> LiveExecution:
        """An execution of this process, kept if there is a store that takes it."""
        self.sources[run.execution.id] = source
        files = self.reach.of(run)
        run.host = EngineHost(self.clock, files, self.workplace)
        run.seal, run.unseal = self.seal, self.seal.open
        lease: Lease = NoLease()
        record = None
        if self.database is not None and (held := self.lease_of(run.execution, run.flow, self.database)):
            lease, record = held, Recorder(self.database, source.text, source.name, self.warn, seal=self.seal)
        else:
            sinks = [*sinks, self.executions.remember(run.execution)]
        live = LiveExecution(
            run,
            self.clock,
            sinks,
            files=files,
            lease=lease,
            first=Begin(lease.claim()),
            events=events,
            record=record,
            provided=self.provided,
            workplace=self.workplace,
        )
        self.executions.add(live)
        return live

    def lease_of(self, execution: Execution, flow: Flow, database: Database) -> StoreLease | None:
        """A new execution as this process's own; None where the store has no room for its lock."""
        lease = StoreLease(database, execution, flow.concurrency)
        try:
            lease.acquire()
        except StoreError as problem:
            self.warn(not_kept(problem, flow))
            return None
        return lease


def not_kept(problem: StoreError, flow: Flow) -> str:
    """What is told when a run goes on without the store."""
    uncounted = ", and its concurrency limit does not count" if flow.concurrency else ""
    return f"{problem.message}; this run is not kept{uncounted}"


def passed_on(labels: Mapping[str, str], flow: Flow, call: FlowCall) -> dict[str, str]:
    """The labels that a called execution begins with, beside those of its flow (flow reference, 5.9)."""
    system = {key: value for key, value in labels.items() if key == "system.correlationId"}
    inherited = labels.items() if call.inherit_labels else ()
    plain = {key: value for key, value in inherited if not key.startswith("system.") and key not in flow.labels}
    return {**system, **plain, **call.labels}


def seen_of(calling: Calling, call: FlowCall) -> dict[str, Any]:
    """What the called flow sees as `trigger`."""
    execution, task_run = calling.live.run.execution, calling.task_run
    seen = {
        "executionId": execution.id,
        "namespace": execution.namespace,
        "flowId": execution.flow_id,
        "flowRevision": execution.flow_revision,
        "taskRunId": task_run.id,
        "taskId": task_run.task_id,
        "taskRunValue": task_run.value,
        "taskRunIteration": task_run.iteration if call.iteration is None else call.iteration,
        "taskRunOutputs": task_run.outputs or None,
    }
    return {key: value for key, value in seen.items() if value is not None}
