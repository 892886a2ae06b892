"""The run as JSON Lines: one event a line, as it happens (`docs/schemas/event.json`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    AttemptWithdrawn,
    ExecutionCreated,
    ExecutionOutputsSet,
    ExecutionRestarted,
    ExecutionStateChanged,
    LabelsSet,
    LogWritten,
    PassStarted,
    TaskRunCreated,
    TaskRunOutputsSet,
    TaskRunStateChanged,
    VariablesSet,
)
from flowrun.model.state import StateType
from flowrun.sinks.json_document import execution_document, labels_document, log_data, without_nulls
from flowrun.sinks.values import instant, json_ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun

    TaskRunChange = (
        TaskRunStateChanged | PassStarted | TaskRunOutputsSet | AttemptStarted | AttemptEnded | AttemptWithdrawn
    )

LINE_ENDS = {ord(one): f"\\u{ord(one):04x}" for one in "\x85\u2028\u2029"}
"""JSON lets these stand in a string, where many a reader would end the line."""


class JsonLinesSink:
    """Writes each event when it happens, and lets it out at once."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.execution: Execution | None = None

    def handle(self, event: Event) -> None:
        """Write the line of an event."""
        if isinstance(event, (ExecutionCreated, ExecutionRestarted)):
            self.execution = event.execution
        assert self.execution is not None, "the first event brings the execution"
        line = json.dumps(event_document(event, self.execution), ensure_ascii=False)
        self.stream.write(line.translate(LINE_ENDS) + "\n")
        self.stream.flush()

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held back."""


def event_document(event: Event, execution: Execution) -> dict[str, Any]:
    """An event by the name of its class, with when, of which execution, and its own data."""
    at = event.entry.at if isinstance(event, LogWritten) else event.at
    about = {"event": type(event).__name__, "at": instant(at), "executionId": execution.id}
    return without_nulls({**about, **event_data(event, execution)})


def event_data(event: Event, execution: Execution) -> dict[str, Any]:
    """What an event of this kind tells, in the shapes of the JSON document; an empty part is None."""
    shown = execution.masking.value
    match event:
        case ExecutionCreated():
            return {"execution": execution_document(execution.shown())}
        case ExecutionRestarted():
            return {"execution": execution_document(execution.shown()), "removed": list(event.removed)}
        case ExecutionStateChanged():
            return {"state": event.state.value}
        case ExecutionOutputsSet():
            return {"outputs": shown(json_ready(event.outputs))}
        case LabelsSet():
            return {"labels": labels_document(shown(event.labels))}
        case VariablesSet():
            return {"variables": shown(json_ready(event.variables))}
        case LogWritten():
            return log_data(event.entry)
        case TaskRunCreated():
            return created_data(event, shown)
        case _:
            return change_data(event, execution.task_runs[event.task_run_id], shown)


def created_data(event: TaskRunCreated, shown: Callable[[Any], Any]) -> dict[str, Any]:
    """A new task run and its place in the tree, which the further events of it do not repeat."""
    task_run = event.task_run
    return {
        "taskRunId": task_run.id,
        "taskId": task_run.task_id,
        "parentTaskRunId": task_run.parent_id,
        "branch": event.branch,
        "value": shown(task_run.value),
        "iteration": task_run.iteration,
        # Not `task_run.state`, which shows already what later events of the same turn tell.
        "state": StateType.CREATED.value,
    }


def change_data(event: TaskRunChange, task_run: TaskRun, shown: Callable[[Any], Any]) -> dict[str, Any]:
    """What became of a task run; attempts count from 1. `shown` masks what is secret."""
    about = {"taskRunId": task_run.id, "taskId": task_run.task_id}
    match event:
        case TaskRunStateChanged():
            return {**about, "state": event.state.value}
        case PassStarted():
            return {**about, "iteration": event.iteration, "removed": list(event.removed)}
        case AttemptWithdrawn():
            return about
        case TaskRunOutputsSet():
            return {**about, "outputs": shown(json_ready(event.outputs))}
        case AttemptStarted():
            return {**about, "attempt": len(task_run.attempts)}
        case AttemptEnded():
            return {
                **about,
                "attempt": len(task_run.attempts),
                "attemptState": event.attempt_state.value,
                "state": event.state.value,
                # Those that the execution keeps: the event's own may hold nulls.
                "outputs": None if event.outputs is None else shown(json_ready(task_run.outputs)),
            }
