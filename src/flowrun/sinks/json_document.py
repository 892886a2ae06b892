"""The run as one JSON document: the server's own Execution, with the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowrun.model.durations import format_duration
from flowrun.model.events import ExecutionCreated, ExecutionRestarted, LogWritten
from flowrun.sinks.values import instant, json_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import TextIO

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.log import LogEntry
    from flowrun.model.state import State


class JsonSink:
    """Collects the log and writes the document when the run is over. No execution, no document.

    `logs`: the lines of an earlier process, where its execution goes on. `next`: the sink of the execution that took the
    place of this one; its document stands in this one's.
    """

    def __init__(self, stream: TextIO, logs: Sequence[LogEntry] = ()) -> None:
        self.stream = stream
        self.execution: Execution | None = None
        self.logs = list(logs)
        self.next: JsonSink | None = None
        self.written = False

    def handle(self, event: Event) -> None:
        """Remember the execution and its log."""
        if isinstance(event, LogWritten):
            self.logs.append(event.entry)
        elif isinstance(event, (ExecutionCreated, ExecutionRestarted)):
            self.execution = event.execution

    def flush(self) -> None:
        """The document is written as a whole, when the run is over."""

    def close(self) -> None:
        """Write the document, once."""
        if self.execution is None or self.written:
            return
        self.written = True
        json.dump(self.document(self.execution), self.stream, ensure_ascii=False, indent=2)
        self.stream.write("\n")
        self.stream.flush()

    def document(self, execution: Execution) -> dict[str, Any]:
        """The document of the execution, with that of the next one in it."""
        document = execution_document(execution, self.logs)
        if self.next is not None and self.next.execution is not None:
            document["next"] = self.next.document(self.next.execution)
        return document


def execution_document(execution: Execution, logs: Sequence[LogEntry] | None = None) -> dict[str, Any]:
    """An execution as the server's API gives it, plus `logs` where they are given (`docs/schemas/run.json`).

    Nothing in it is masked: where people will see it, `execution.shown()` is what to give.
    """
    return without_nulls(
        {
            "id": execution.id,
            "namespace": execution.namespace,
            "flowId": execution.flow_id,
            "flowRevision": execution.flow_revision,
            "state": state_document(execution.state),
            "taskRunList": [task_run_document(one, execution) for one in execution.task_runs.values()],
            "inputs": json_ready(execution.inputs),
            "outputs": json_ready(execution.outputs),
            "labels": labels_document(execution.labels),
            "variables": json_ready(execution.variables),
            "trigger": json_ready(execution.trigger),
            "virtualTime": execution.virtual_time or None,
            "parentId": execution.parent_id,
            "originalId": execution.original_id,
            "attempt": execution.attempt if execution.attempt > 1 else None,
            "planned": execution.kinds or None,
            "until": execution.until,
            "logs": None if logs is None else [log_document(entry) for entry in sorted(logs, key=by_time)],
        }
    )


def by_time(entry: LogEntry) -> datetime:
    """The server gives the log in the order of its times."""
    return entry.at


def task_run_document(task_run: TaskRun, execution: Execution) -> dict[str, Any]:
    """One task run; what it does not have is left out, as the server does."""
    return without_nulls(
        {
            "id": task_run.id,
            "executionId": execution.id,
            "namespace": execution.namespace,
            "flowId": execution.flow_id,
            "taskId": task_run.task_id,
            "parentTaskRunId": task_run.parent_id,
            "value": task_run.value,
            "iteration": task_run.iteration,
            "attempts": [{"state": state_document(one.state)} for one in task_run.attempts] or None,
            "outputs": json_ready(task_run.outputs),
            "state": state_document(task_run.state),
        }
    )


def state_document(state: State) -> dict[str, Any]:
    """A state with its history."""
    return without_nulls(
        {
            "current": state.current.value,
            "startDate": instant(state.start),
            "endDate": state.end and instant(state.end),
            "duration": format_duration(state.duration),
            "histories": [{"state": one.value, "date": instant(at)} for one, at in state.histories],
        }
    )


def labels_document(labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Labels as the server's API gives them."""
    return [{"key": key, "value": value} for key, value in labels.items()]


def log_document(entry: LogEntry) -> dict[str, Any]:
    """One line of the log."""
    return {"timestamp": instant(entry.at), **log_data(entry)}


def log_data(entry: LogEntry) -> dict[str, Any]:
    """One line of the log, without its time."""
    return without_nulls(
        {
            "level": entry.level.value,
            "taskId": entry.task_id,
            "taskRunId": entry.task_run_id,
            "message": entry.message,
        }
    )


def without_nulls(document: dict[str, Any]) -> dict[str, Any]:
    """The entries that have a value."""
    return {key: value for key, value in document.items() if value is not None}
