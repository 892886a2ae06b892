"""The JSON document of a run."""

from __future__ import annotations

import io
import json

from tests.cli.schemas import problems_with
from tests.unit.sinks import runs

from flowrun.model.events import ExecutionRestarted, LogWritten
from flowrun.model.execution import Execution
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.json_document import JsonSink


def document(run) -> dict:
    stream = io.StringIO()
    run(JsonSink(stream))
    return json.loads(stream.getvalue())


def test_the_document_keeps_its_schema():
    assert not problems_with("run", document(runs.hello))
    assert not problems_with("run", document(runs.troubles))


def test_states_carry_their_history_and_duration():
    state = document(runs.hello)["state"]
    assert state["current"] == "SUCCESS"
    assert [one["state"] for one in state["histories"]] == ["CREATED", "RUNNING", "SUCCESS"]
    assert state["startDate"] == "2026-01-01T10:00:00.012000Z"
    assert state["duration"] == "PT1.008S"


def test_task_runs_name_their_parent_and_value():
    visits = [run for run in document(runs.troubles)["taskRunList"] if run["taskId"] == "visit"]
    assert [run["value"] for run in visits] == ["Lima", "Oslo"]
    assert {run["parentTaskRunId"] for run in visits} == {"run-0-each"}


def test_what_a_task_run_does_not_have_is_left_out():
    first = document(runs.hello)["taskRunList"][0]
    assert not {"parentTaskRunId", "value", "iteration", "outputs"} & set(first)


def test_close_twice_writes_one_document():
    stream = io.StringIO()
    sink = JsonSink(stream)
    runs.hello(sink)
    sink.close()
    assert json.loads(stream.getvalue())["flowId"] == "hello_world"


def test_a_restarted_execution_has_the_whole_log():
    stream = io.StringIO()
    earlier = LogEntry(runs.START, LogLevel.ERROR, "before the restart")
    sink = JsonSink(stream, [earlier])
    execution = Execution("4Fq0dPbYkCr9nWm2sXhT7a", "tutorial", "hello_world", 1, State.created(runs.START))
    sink.handle(ExecutionRestarted(runs.START, execution))
    sink.handle(LogWritten(LogEntry(runs.START, LogLevel.INFO, "after it")))
    sink.close()
    written = json.loads(stream.getvalue())
    assert [line["message"] for line in written["logs"]] == ["before the restart", "after it"]
    assert not problems_with("run", written)


def test_nothing_is_written_before_the_run_is_over():
    stream = io.StringIO()
    story = runs.Story(JsonSink(stream))
    story.log("hello", "first").sink.flush()
    assert stream.getvalue() == ""


def test_no_execution_no_document():
    stream = io.StringIO()
    JsonSink(stream).close()
    assert stream.getvalue() == ""


def test_a_running_task_has_no_end_date():
    def run(sink):
        runs.Story(sink).task("slow", StateType.RUNNING).sink.close()

    assert "endDate" not in document(run)["taskRunList"][0]["state"]
