"""Executions as tests put them into a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowrun.model.events import ExecutionCreated, LogWritten, TaskRunCreated
from flowrun.model.execution import Execution, TaskRun
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.store.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.store.database import Database

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def state(*names: StateType, begun: datetime = NOW, took: timedelta = timedelta(seconds=1)) -> State:
    """CREATED, then each of these states as long after the one before."""
    made = State.created(begun)
    for number, name in enumerate(names, 1):
        made.change(name, begun + number * took)
    return made


def an_execution(name: str = "one", *states: StateType, begun: datetime = NOW, **more: Any) -> Execution:
    """An execution of `test.flow`, at SUCCESS unless other states are given."""
    about: dict[str, Any] = {"namespace": "test", "flow_id": "flow", "flow_revision": 1, **more}
    return Execution(id=name, state=state(*(states or (StateType.SUCCESS,)), begun=begun), **about)


def a_task_run(name: str, *states: StateType, **more: Any) -> TaskRun:
    return TaskRun(name, f"task-{name}", state(*states), **more)


def a_line(message: str = "hi", level: LogLevel = LogLevel.INFO) -> LogEntry:
    return LogEntry(NOW, level, message, "task", "run")


def keep(database: Database, execution: Execution, logs: Sequence[LogEntry] = (), source: str = "id: flow") -> None:
    """Write a whole execution at once."""
    recorder = Recorder(database, source, "flow.yaml", refuse)
    recorder.handle(ExecutionCreated(NOW, execution))
    for task_run in execution.task_runs.values():
        recorder.handle(TaskRunCreated(NOW, task_run, "tasks"))
    for entry in logs:
        recorder.handle(LogWritten(entry))
    recorder.flush()


def refuse(warning: str) -> None:
    raise AssertionError(warning)


def count(database: Database, table: str) -> int:
    """The number of rows of a table."""
    (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(number)
