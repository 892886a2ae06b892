"""Tasks that look at executions or change them; each claim with a store and without one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.runner import CORE, Runner, outputs
from tests.support.stored import an_execution

from flowrun.app import executions, flows
from flowrun.app.flow_finder import FlowFinder
from flowrun.app.triggers import with_switches
from flowrun.loading.source import Source
from flowrun.store.database import open_database
from flowrun.store.executions import read_stored, request_resume
from flowrun.store.locks import ExecutionLock
from flowrun.store.storage import PassingStorage

if TYPE_CHECKING:
    from pathlib import Path

CHILD = "id: child\nnamespace: a.b\ntasks:\n  - {id: hold, type: $CORE.flow.Pause}\n  - {id: said, type: $CORE.debug.Return, format: '{{ outputs.hold.onResume }}'}\n"


@pytest.fixture(params=["kept", "unkept"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    (tmp_path / "child.yaml").write_text(CHILD.replace("$CORE.", CORE))
    return Runner(tmp_path / "home" if request.param == "kept" else None, tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Runner:
    (tmp_path / "child.yaml").write_text(CHILD.replace("$CORE.", CORE))
    return Runner(tmp_path / "home", tmp_path)


def states(document: dict[str, Any]) -> dict[str, str]:
    return {one["taskId"]: one["state"]["current"] for one in document["taskRunList"]}


def messages(document: dict[str, Any], level: str = "ERROR") -> list[str]:
    return [one["message"] for one in document["logs"] if one["level"] == level]


# --- Count


COUNTED = """
tasks:
  - {id: c, type: $CORE.execution.Count, startDate: "2024-01-01T00:00:00Z", expression: "true", %s}
"""


@pytest.mark.parametrize(
    ("wanted", "results"),
    [
        ("flows: [{namespace: a.b, flowId: f}]", [{"namespace": "a.b", "flowId": "f", "count": 1}]),
        ("flows: [{namespace: a.b, flowId: g}]", [{"namespace": "a.b", "flowId": "g", "count": 0}]),
        ("flows: [{namespace: a.b}]", [{"namespace": "a.b", "count": 0}]),
        ("namespaces: [a.b, a, a.b.c]", [{"namespace": "a.b", "count": 1}]),
        (
            "namespaces: [a.b], flows: [{namespace: a.b, flowId: f}]",
            [{"namespace": "a.b", "flowId": "f", "count": 1}, {"namespace": "a.b", "count": 1}],
        ),
        ("namespaces: [a.b], states: [RUNNING]", [{"namespace": "a.b", "count": 1}]),
        ("namespaces: [a.b], states: [SUCCESS, FAILED]", []),
        ('namespaces: [a.b], endDate: "2025-01-01T00:00:00+01:00"', []),
        ("namespaces: []", []),
    ],
)
def test_count_counts_flows_and_namespaces_its_own_execution_too(
    runner: Runner, wanted: str, results: list[dict[str, Any]]
) -> None:
    found = outputs(runner.run(COUNTED % wanted), "c")
    assert found == {"results": results, "total": sum(one["count"] for one in results)}


def test_count_keeps_those_for_which_the_expression_renders_to_true(runner: Runner) -> None:
    text = COUNTED.replace('"true"', '"{{ count == 0 }}"') % "flows: [{namespace: x, flowId: y}], namespaces: [a.b]"
    found = outputs(runner.run(text), "c")
    assert found == {"results": [{"namespace": "x", "flowId": "y", "count": 0}], "total": 0}


def test_count_sees_executions_of_earlier_runs(kept: Runner) -> None:
    for _ in range(2):
        kept.run("tasks: [{id: l, type: $CORE.log.Log, message: hi}]", "other")
    found = outputs(kept.run(COUNTED % "flows: [{namespace: a.b, flowId: other}], states: [SUCCESS]"), "c")
    assert found["total"] == 2


def test_count_sees_executions_that_the_flow_has_called(runner: Runner) -> None:
    text = """
tasks:
  - {id: sub, type: $CORE.flow.Subflow, namespace: a.b, flowId: child, wait: false}
  - {id: c, type: $CORE.execution.Count, startDate: "2024-01-01T00:00:00Z", expression: "true", flows: [{namespace: a.b, flowId: child}]}
"""
    assert outputs(runner.run(text), "c")["total"] == 1


@pytest.mark.parametrize(
    ("date", "index"), [("yesterday", 0), ("2024-01-01", 10), ("2024-01-01T00:00:00", 19), ("2024-1-01T00:00:00Z", 5)]
)
def test_a_date_without_its_zone_is_refused_where_it_stops(runner: Runner, date: str, index: int) -> None:
    document = runner.run(COUNTED.replace("2024-01-01T00:00:00Z", date) % "namespaces: [a]")
    assert messages(document) == [f"Text '{date}' could not be parsed at index {index}"]


def test_count_needs_flows_or_namespaces(runner: Runner) -> None:
    assert messages(runner.run(COUNTED % "description: none")) == ["You must provide a list of flows or namespaces."]


# --- log.Fetch


FETCHED = """
tasks:
  - {id: w, type: $CORE.log.Log, message: 'hello "q"', level: WARN}
  - {id: x, type: $CORE.execution.Fail, allowFailure: true, retry: {type: constant, interval: PT1S, maxAttempts: 2}}
  - {id: i, type: $CORE.log.Log, message: last}
  - {id: f, type: $CORE.log.Fetch, %s}
  - {id: r, type: $CORE.debug.Return, format: "{{ read(outputs.f.uri) }}"}
"""


def test_the_file_has_a_line_of_ion_for_each_line_of_the_log(runner: Runner) -> None:
    document = runner.run(FETCHED % "level: ERROR")
    attempts = outputs(document, "r")["value"].splitlines()
    assert [line.partition("attemptNumber:")[2][:1] for line in attempts] == ["0", "1"]
    (first,) = runner.run(FETCHED % "tasksId: [w, nope]")["taskRunList"][-1]["outputs"]["value"].splitlines()
    head, _, tail = first.partition("timestamp:")
    assert head.startswith('{tenantId:"main",namespace:"a.b",flowId:"f",taskId:"w",executionId:"')
    assert head.endswith('",attemptNumber:0,triggerId:null,')
    assert tail.partition("Z,")[2] == (
        'level:"WARN",thread:null,message:"hello \\"q\\"",executionKind:null,progress:null}'
    )


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ("level: INFO", 4),
        ("level: WARN", 3),
        ("tasksId: [i]", 1),
        ("tasksId: []", 4),
        ("executionId: nope", 0),
        ("executionId: nope, namespace: a, flowId: b", 0),
        ('executionId: "{{ execution.id }}"', 4),
    ],
)
def test_size_is_the_number_of_lines_that_were_asked_for(runner: Runner, wanted: str, size: int) -> None:
    assert outputs(runner.run(FETCHED % wanted), "f")["size"] == size


@pytest.mark.parametrize("type_name", ["log.Fetch", "execution.Resume"])
@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("namespace: a", "`namespace` and `flowId` should only be set when `executionId` is set."),
        ("executionId: e, flowId: a", "Both `namespace` and `flowId` must be set when `executionId` is set."),
    ],
)
def test_an_execution_is_named_wholly_or_not_at_all(runner: Runner, type_name: str, wanted: str, message: str) -> None:
    assert messages(runner.run(f"tasks: [{{id: a, type: $CORE.{type_name}, {wanted}}}]")) == [message]


# --- Resume


def test_a_branch_resumes_its_own_execution_with_inputs_as_they_are(runner: Runner) -> None:
    document = runner.run("""
tasks:
  - id: par
    type: $CORE.flow.Parallel
    tasks:
      - {id: hold, type: $CORE.flow.Pause, onResume: [{id: a, type: INT}]}
      - {id: c, type: $CORE.execution.Resume, inputs: {a: "{{ 4 }}", z: 5}}
""")
    assert document["state"]["current"] == "SUCCESS"
    assert outputs(document, "hold")["onResume"] == {"a": "4", "z": 5}


def test_without_inputs_the_pause_has_none(runner: Runner) -> None:
    document = runner.run("""
tasks:
  - id: par
    type: $CORE.flow.Parallel
    tasks:
      - {id: hold, type: $CORE.flow.Pause}
      - {id: c, type: $CORE.execution.Resume}
""")
    assert list(outputs(document, "hold")) == ["resumed"]


def test_an_execution_that_was_called_is_resumed_and_only_once(runner: Runner) -> None:
    document = runner.run("""
tasks:
  - {id: sub, type: $CORE.flow.Subflow, namespace: a.b, flowId: child, wait: false}
  - {id: nap, type: $CORE.flow.Sleep, duration: PT1S}
  - {id: c, type: $CORE.execution.Resume, executionId: "{{ outputs.sub.executionId }}", inputs: {a: 1}}
  - {id: nap2, type: $CORE.flow.Sleep, duration: PT1S}
  - {id: d, type: $CORE.execution.Resume, executionId: "{{ outputs.sub.executionId }}", allowFailure: true}
  - {id: f, type: $CORE.log.Fetch, executionId: "{{ outputs.sub.executionId }}", level: DEBUG}
  - {id: r, type: $CORE.debug.Return, format: "{{ read(outputs.f.uri) }}"}
""")
    assert states(document)["c"] == "SUCCESS"
    assert messages(document) == ["The execution is not paused"]
    assert '"{\\"a\\":1}"' in outputs(document, "r")["value"]


def test_an_execution_of_another_process_gets_its_word_through_the_store(kept: Runner) -> None:
    paused = kept.run("tasks: [{id: hold, type: $CORE.flow.Pause}]", "paused")
    text = f"tasks: [{{id: c, type: $CORE.execution.Resume, executionId: {paused['id']}, inputs: {{a: 1}}}}]"
    assert kept.run(text)["state"]["current"] == "SUCCESS"
    assert messages(kept.run(text)) == ["The execution is not paused"]
    assert kept.home
    with closing(open_database(kept.home)) as database:
        assert not request_resume(database, paused["id"], paused["taskRunList"][0]["id"], {})
        assert read_stored(database, paused["id"]).execution.current.value == "PAUSED"


def test_what_is_not_paused_and_what_is_not_there_is_told(runner: Runner) -> None:
    document = runner.run("""
tasks:
  - {id: a, type: $CORE.execution.Resume, allowFailure: true}
  - {id: b, type: $CORE.execution.Resume, executionId: "{{ '\\ud800' }}nope"}
""")
    assert messages(document)[0] == "The execution is not paused"
    assert messages(document)[1].startswith("No execution found for execution id ")


# --- Toggle


TOGGLED = """
triggers:
  - {id: nightly, type: $CORE.trigger.Schedule, cron: "0 0 * * *"}
  - {id: hook, type: $CORE.trigger.Webhook, key: abc}
tasks:
  - {id: t, type: $CORE.trigger.Toggle, %s}
"""


def disabled(runner: Runner) -> list[bool]:
    """Whether the triggers of the flow are disabled, as `show` has it."""
    source = Source("id: f\nnamespace: a.b\n" + TOGGLED.replace("$CORE.", CORE) % "trigger: nightly", "flow.yaml")
    return [one.disabled for one in with_switches(flows.load(source)[0]).triggers or ()]


def test_a_trigger_is_off_until_it_is_switched_on_again(kept: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWRUN_HOME", str(kept.home))
    assert disabled(kept) == [False, False]
    assert kept.run(TOGGLED % "trigger: nightly")["state"]["current"] == "SUCCESS"
    assert disabled(kept) == [True, False]
    kept.run(TOGGLED % """trigger: "{{ 'nightly' }}", enabled: true""")
    assert disabled(kept) == [False, False]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("trigger: nope", "Unable to find trigger nope for the flow a.b.f"),
        ("trigger: hook", "Unable to find trigger hook for the flow a.b.f"),
        ("trigger: nightly, flowId: child", "Unable to find trigger nightly for the flow a.b.child"),
        (
            "trigger: nightly, namespace: other",
            "Unable to find flow other.f. Make sure the flow exists and the current execution is authorized to access it.",
        ),
    ],
)
def test_a_trigger_that_cannot_be_switched_is_told(runner: Runner, wanted: str, message: str) -> None:
    assert messages(runner.run(TOGGLED % wanted)) == [message]


def test_a_store_that_cannot_be_read_has_switched_no_trigger(kept: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept.home
    kept.home.mkdir()
    (kept.home / "flowrun.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("FLOWRUN_HOME", str(kept.home))
    assert disabled(kept) == [False, False]


# --- the store


def test_executions_that_nobody_keeps_are_remembered_up_to_a_number(tmp_path: Path) -> None:
    source = Source("id: f\nnamespace: a.b\ntasks: [{id: a, type: io.kestra.plugin.core.debug.Return}]", "f.yaml")
    flow, _ = flows.load(source)
    known = executions.ProcessExecutions(FlowFinder((flow, source), None, None, warn=print), None, PassingStorage())
    for number in range(executions.MOST_EXECUTIONS + 1):
        known.remember(an_execution(f"e{number}"))
    assert known.find("e0") is None
    assert known.find(f"e{executions.MOST_EXECUTIONS}") is not None


def test_an_execution_that_another_process_has_locked_can_be_looked_at(kept: Runner) -> None:
    document = kept.run("tasks: [{id: l, type: $CORE.log.Log, message: hi}]", "other")
    assert kept.home
    lock = ExecutionLock(kept.home, document["id"])
    assert lock.acquire()
    text = f"tasks: [{{id: f, type: $CORE.log.Fetch, executionId: {document['id']}}}]"
    assert outputs(kept.run(text), "f")["size"] == 1
    lock.release()
