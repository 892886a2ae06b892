"""Executions as rows of the tables, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowrun.model.execution import Attempt, Execution, Mock, PlannedFailure, TaskRun
from flowrun.model.log import LogBatch, LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.store.values import dump, load

if TYPE_CHECKING:
    from collections.abc import Iterable

EXECUTION = (
    "id, namespace, flow_id, flow_revision, state, histories, started_at, ended_at, "
    "inputs, hidden_inputs, outputs, labels, variables, trigger, planned, until_task, "
    "virtual_time, parent_id, original_id, original_started_at, attempt, caller_id"
)
TASK_RUN = "id, task_id, parent_id, value, iteration, histories, attempts, outputs"
LOG = "at, level, task_id, task_run_id, message"

LINEAGE = 6
"""How many columns at the end of `EXECUTION` are no values."""

Row = tuple[Any, ...]


def execution_row(execution: Execution) -> Row:
    """The columns of `EXECUTION`."""
    state = execution.state
    return (
        execution.id,
        execution.namespace,
        execution.flow_id,
        execution.flow_revision,
        state.current.value,
        state_text(state),
        state.start.isoformat(),
        state.end and state.end.isoformat(),
        dump(execution.inputs),
        dump(execution.hidden_inputs),
        dump(execution.outputs),
        dump(execution.labels),
        dump(execution.variables),
        dump(execution.trigger),
        dump({task_id: plan_values(plan) for task_id, plan in execution.planned.items()}),
        execution.until,
        execution.virtual_time,
        execution.parent_id,
        execution.original_id,
        execution.original_start and execution.original_start.isoformat(),
        execution.attempt,
        execution.caller_id,
    )


def read_execution(row: Row, task_runs: Iterable[TaskRun] = ()) -> Execution:
    """The execution of such a row."""
    id_, namespace, flow_id, revision, _, histories, _, _, *values, until = row[:-LINEAGE]
    virtual_time, parent_id, original_id, original_start, attempt, _ = row[-LINEAGE:]
    inputs, hidden_inputs, outputs, labels, variables, trigger, planned = map(load, values)
    return Execution(
        id=id_,
        namespace=namespace,
        flow_id=flow_id,
        flow_revision=revision,
        state=read_state(histories),
        task_runs={one.id: one for one in task_runs},
        inputs=inputs,
        outputs=outputs,
        labels=labels,
        variables=variables,
        trigger=trigger,
        virtual_time=bool(virtual_time),
        hidden_inputs=hidden_inputs,
        parent_id=parent_id,
        original_id=original_id,
        original_start=original_start and datetime.fromisoformat(original_start),
        attempt=attempt,
        planned={task_id: read_plan(plan) for task_id, plan in planned.items()},
        until=until,
    )


def plan_values(plan: PlannedFailure | Mock) -> dict[str, Any]:
    """What a task does in place of running, as values."""
    return {"mock": dict(plan.outputs)} if isinstance(plan, Mock) else {"fail": plan.attempts}


def read_plan(values: dict[str, Any]) -> PlannedFailure | Mock:
    """The plan of such values."""
    return Mock(values["mock"]) if "mock" in values else PlannedFailure(tuple(values["fail"]))


def task_run_row(task_run: TaskRun) -> Row:
    """The columns of `TASK_RUN`."""
    return (
        task_run.id,
        task_run.task_id,
        task_run.parent_id,
        None if task_run.value is None else storable(task_run.value),
        task_run.iteration,
        state_text(task_run.state),
        "\n".join([state_text(attempt.state) for attempt in task_run.attempts]),
        None if task_run.outputs is None else dump(task_run.outputs),
    )


def read_task_run(row: Row) -> TaskRun:
    """The task run of such a row."""
    id_, task_id, parent_id, value, iteration, histories, attempts, outputs = row
    return TaskRun(
        id=id_,
        task_id=task_id,
        state=read_state(histories),
        parent_id=parent_id,
        value=value,
        iteration=iteration,
        attempts=[Attempt(read_state(text)) for text in attempts.split("\n") if text],
        outputs=None if outputs is None else load(outputs),
    )


def log_row(entry: LogEntry) -> Row:
    """The columns of `LOG`."""
    return (entry.at.isoformat(), entry.level.value, entry.task_id, entry.task_run_id, storable(entry.message))


def batch_row(batch: LogBatch) -> Row:
    """The columns of `LOG` that several lines share, and their messages as a JSON list."""
    messages = storable(json.dumps(batch.messages, ensure_ascii=False))
    return (batch.at.isoformat(), batch.level.value, batch.task_id, batch.task_run_id, messages)


def read_log(row: Row) -> LogEntry:
    """The log line of such a row."""
    at, level, task_id, task_run_id, message = row
    return LogEntry(datetime.fromisoformat(at), LogLevel(level), message, task_id, task_run_id)


def state_text(state: State) -> str:
    """`CREATED 2024-05-01T10:00:00+00:00 RUNNING …`: each state and the moment it began."""
    return " ".join([f"{one.value} {at.isoformat()}" for one, at in state.histories])


def read_state(text: str) -> State:
    """The state that such a text tells of."""
    words = iter(text.split(" "))
    histories = [(StateType(word), datetime.fromisoformat(next(words))) for word in words]
    return State(histories[-1][0], histories)


def storable(text: str) -> str:
    """The text without half surrogates, which SQLite cannot take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
