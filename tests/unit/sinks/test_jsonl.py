"""The run as JSON Lines."""

from __future__ import annotations

import io
import json
from typing import Any, get_args

import pytest
from tests.cli.schemas import FOLDER, problems_with
from tests.unit.sinks.runs import START

from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    AttemptWithdrawn,
    Event,
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
from flowrun.model.execution import Attempt, Execution, TaskRun
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.jsonl import JsonLinesSink

S = StateType


def an_execution() -> Execution:
    """A loop with one run of its body, which failed once and is at its second attempt."""
    attempts = [Attempt(State.created(START)), Attempt(State.created(START))]
    task_runs = [
        TaskRun("each1", "each", State.created(START)),
        TaskRun("item1", "item", State.created(START), "each1", "Lima", 0, attempts, {"size": 1}),
    ]
    return Execution(
        id="4Fq0dPbYkCr9nWm2sXhT7a",
        namespace="tutorial",
        flow_id="hello_world",
        flow_revision=1,
        state=State.created(START),
        task_runs={one.id: one for one in task_runs},
        inputs={"since": START},
        labels={"team": "data"},
    )


def log(message: str, task: str | None = None) -> LogWritten:
    return LogWritten(LogEntry(START, LogLevel.WARN, message, task, task and f"{task}1"))


def events_of(execution: Execution) -> list[Event]:
    """At least one event of every type, with and without what it may lack."""
    each, item = execution.task_runs.values()
    return [
        ExecutionCreated(START, execution),
        ExecutionRestarted(START, execution, ("gone1",)),
        ExecutionStateChanged(START, S.RUNNING),
        ExecutionOutputsSet(START, {"at": START, "nothing": None}),
        LabelsSet(START, {"system.correlationId": "x"}),
        VariablesSet(START, {"n": 1}),
        TaskRunCreated(START, each, "tasks"),
        TaskRunCreated(START, item, "errors"),
        TaskRunStateChanged(START, "each1", S.RUNNING),
        PassStarted(START, "each1", 1, ["gone1"]),
        TaskRunOutputsSet(START, "each1", {"taskRunCount": 1}),
        AttemptStarted(START, "item1"),
        AttemptEnded(START, "item1", S.FAILED, S.RETRYING, None),
        AttemptEnded(START, "item1", S.FAILED, S.WARNING, {"size": 1, "nothing": None}),
        AttemptWithdrawn(START, "item1"),
        log("of the engine"),
        log("of a task", "item"),
    ]


def text_of(*events: Event) -> str:
    """What the sink writes for these events, after the one that brings the execution."""
    stream = io.StringIO()
    sink = JsonLinesSink(stream)
    sink.handle(ExecutionCreated(START, an_execution()))
    before = len(stream.getvalue())
    for event in events:
        sink.handle(event)
    sink.close()
    return stream.getvalue()[before:]


def line_of(event: Event) -> dict[str, Any]:
    return json.loads(text_of(event))


def own_data(event: Event) -> dict[str, Any]:
    """What the line of an event holds beside what every line holds."""
    line = line_of(event)
    return {key: value for key, value in line.items() if key not in ("event", "at", "executionId")}


def test_a_line_of_every_event_keeps_the_schema():
    lines = [json.loads(line) for line in text_of(*events_of(an_execution())).splitlines()]
    assert {line["event"] for line in lines} == {one.__name__ for one in get_args(Event)}
    assert [problem for line in lines for problem in problems_with("event", line)] == []


@pytest.mark.parametrize("event", events_of(an_execution()), ids=lambda event: type(event).__name__)
def test_the_schema_allows_no_more_than_is_written(event):
    assert problems_with("event", {**line_of(event), "more": 1})


def test_the_schema_says_of_executions_what_that_of_the_document_says():
    """But for the log, which comes as events."""
    lines, document = (json.loads((FOLDER / f"{name}.json").read_text()) for name in ("event", "run"))
    assert {name: lines["$defs"][name] for name in document["$defs"]} == document["$defs"]
    execution, labels = lines["$defs"]["execution"], lines["$defs"]["labels"]
    expected = {**document["properties"], "labels": {"$ref": "#/$defs/labels"}}
    del expected["logs"], expected["next"]
    assert execution["properties"] == expected
    assert labels == document["properties"]["labels"]
    assert [*execution["required"], "logs"] == document["required"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_line_end_of_a_message_ends_the_line(end):
    message = f"first{end}second"
    text = text_of(log(message))
    assert len(text.splitlines()) == 1
    assert json.loads(text)["message"] == message


def test_other_letters_stay_readable():
    assert "日本語 ü" in text_of(log("日本語 ü"))


def test_each_line_is_out_before_the_next_event():
    class Stream(io.StringIO):
        out = ""

        def flush(self):
            self.out = self.getvalue()

    stream = Stream()
    sink = JsonLinesSink(stream)
    for number, event in enumerate(events_of(an_execution()), 1):
        sink.handle(event)
        assert stream.out.count("\n") == number
        assert json.loads(stream.out.splitlines()[-1])["event"] == type(event).__name__


def test_every_line_says_when_and_of_which_execution():
    line = line_of(log("x"))
    assert line["at"] == "2026-01-01T10:00:00.012000Z"
    assert line["executionId"] == "4Fq0dPbYkCr9nWm2sXhT7a"


@pytest.mark.parametrize("event", [ExecutionCreated, ExecutionRestarted])
def test_the_first_line_is_the_execution_without_its_log(event):
    execution = line_of(event(START, an_execution()))["execution"]
    assert execution["inputs"] == {"since": "2026-01-01T10:00:00.012000Z"}
    assert execution["labels"] == [{"key": "team", "value": "data"}]
    assert "logs" not in execution


def test_a_restart_names_the_task_runs_that_are_gone():
    assert own_data(ExecutionRestarted(START, an_execution(), ("a", "b")))["removed"] == ["a", "b"]


def test_a_second_execution_has_its_own_id():
    second = an_execution()
    second.id = "5Fq0dPbYkCr9nWm2sXhT7b"
    lines = text_of(log("of the first"), ExecutionCreated(START, second), log("of the second")).splitlines()
    assert [json.loads(line)["executionId"][0] for line in lines] == ["4", "5", "5"]


def test_a_new_task_run_tells_its_place():
    _, item = an_execution().task_runs.values()
    assert own_data(TaskRunCreated(START, item, "tasks")) == {
        "taskRunId": "item1",
        "taskId": "item",
        "parentTaskRunId": "each1",
        "branch": "tasks",
        "value": "Lima",
        "iteration": 0,
        "state": "CREATED",
    }


def test_a_new_task_run_is_created_even_when_it_has_gone_on_since():
    """The engine folds all events of a turn before it tells them."""
    task_run = TaskRun("each1", "each", State.created(START))
    task_run.state.change(S.RUNNING, START)
    data = own_data(TaskRunCreated(START, task_run, "tasks"))
    assert data == {"taskRunId": "each1", "taskId": "each", "branch": "tasks", "state": "CREATED"}


def test_attempts_count_from_one():
    assert own_data(AttemptStarted(START, "item1")) == {"taskRunId": "item1", "taskId": "item", "attempt": 2}


def test_the_end_of_an_attempt_tells_both_states_and_the_outputs_that_are_kept():
    assert own_data(AttemptEnded(START, "item1", S.FAILED, S.WARNING, {"size": 1, "nothing": None})) == {
        "taskRunId": "item1",
        "taskId": "item",
        "attempt": 2,
        "attemptState": "FAILED",
        "state": "WARNING",
        "outputs": {"size": 1},
    }


def test_an_attempt_without_outputs_has_none_of_an_earlier_one():
    assert "outputs" not in own_data(AttemptEnded(START, "item1", S.FAILED, S.FAILED, None))


def test_outputs_of_a_flowable_are_told_as_they_are_set():
    event = TaskRunOutputsSet(START, "each1", {"since": START})
    assert own_data(event)["outputs"] == {"since": "2026-01-01T10:00:00.012000Z"}


def test_labels_are_a_list_as_in_the_document():
    assert own_data(LabelsSet(START, {"a": "b"})) == {"labels": [{"key": "a", "value": "b"}]}


def test_a_line_of_the_log_has_no_second_time():
    assert own_data(log("hello", "item")) == {
        "level": "WARN",
        "message": "hello",
        "taskId": "item",
        "taskRunId": "item1",
    }
    assert own_data(log("hello")) == {"level": "WARN", "message": "hello"}
