"""Executions of the store, as the engine goes on with them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from flowrun.app import flows
from flowrun.engine.messages import Restart
from flowrun.engine.restart import plan_restart, restore
from flowrun.errors import StartRefused
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.runtime.ids import new_id
from flowrun.store.executions import called_by, read_logs, read_stored
from flowrun.store.lease import StoreLease
from flowrun.store.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowrun.app.launcher import FlowLauncher
    from flowrun.engine.run import Run
    from flowrun.model.execution import Execution
    from flowrun.model.flow import Flow
    from flowrun.model.log import LogEntry
    from flowrun.model.task import FlowCall
    from flowrun.runtime.calls import Calling
    from flowrun.runtime.live import LiveExecution
    from flowrun.store.database import Database


def run_of(
    flow: Flow,
    execution: Execution,
    logs: Sequence[LogEntry],
    envs: Mapping[str, str],
    *,
    unseal: Callable[[str], str],
) -> Run:
    """What the engine knows of a stored execution."""
    return restore(
        flow,
        execution,
        [entry for entry in logs if entry.level is LogLevel.ERROR],
        new_id=new_id,
        random=random.random,
        envs=envs,
        unseal=unseal,
    )


def called_before(database: Database, call: FlowCall, calling: Calling) -> str | None:
    """The id of the newest execution that a task run has called already; None for none. All its calls share one look."""
    if calling.before is None:
        calling.before = {
            None if call.iteration is None else seen.get("taskRunIteration"): execution_id
            for execution_id, seen in called_by(database, calling.live.id)
            if seen.get("taskRunId") == calling.task_run.id
        }
    return calling.before.get(call.iteration)


def gone_on_with(launcher: FlowLauncher, database: Database, execution_id: str) -> LiveExecution:
    """An execution that an earlier process began, restarted; as it is when nothing of it is to run again.

    Raises `StartRefused` when it runs in another process, `FlowInvalid`, `StoreError`.
    """
    stored = read_stored(database, execution_id)
    source = Source(stored.source, stored.source_name)
    flow, _ = flows.load(source, stored.execution.mocked)
    lease = StoreLease(database, stored.execution, flow.concurrency)
    lease.acquire()
    run = run_of(flow, stored.execution, read_logs(database, execution_id), launcher.envs, unseal=launcher.seal.open)
    record = Recorder(database, stored.source, stored.source_name, launcher.warn, seal=launcher.seal, known=stored)
    try:
        first = Restart(plan_restart(flow, stored.execution), lease.claim())
    except StartRefused:
        first = None
        lease.release()
    sinks = launcher.more.of_called(flow, source)
    return launcher.taken_up(run, source, sinks, lease=lease, first=first, record=record)
