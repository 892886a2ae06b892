"""Calls between flows that are checked together."""

from __future__ import annotations

from flowrun.loading import Source, load
from flowrun.loading.signature import signature_of
from flowrun.tasks.registry import REGISTRY

SUBFLOW = "io.kestra.plugin.core.flow.Subflow"


def flow(name: str, calls: str = "", head: str = "", inputs: str = "{}") -> str:
    task = f"{{id: call, type: {SUBFLOW}, namespace: test, flowId: {calls}, inputs: {inputs}}}"
    return f"id: {name}\nnamespace: test\n{head}tasks:\n  - {task if calls else '{id: log, type: io.kestra.plugin.core.log.Log, message: hi}'}\n"


CHILD = flow(
    "child",
    head="inputs: [{id: name, type: STRING}, {id: size, type: INT, defaults: 1}, {id: note, type: STRING, required: false}]\n",
)


def found(text: str, *others: str) -> list[tuple[str, str, str]]:
    signatures = [signature_of(one, REGISTRY) for one in (text, *others)]
    together = {one.name: one for one in signatures if one is not None}
    diagnostics = load(Source(text, "f"), REGISTRY, flows=together).diagnostics
    return [(one.severity.value, one.code, one.path) for one in diagnostics if not one.kestra]


def test_a_call_that_fits_is_not_reported() -> None:
    assert found(flow("parent", "child", inputs="{name: x, size: 2}"), CHILD) == []


def test_a_flow_that_no_file_has_may_be_missing() -> None:
    assert found(flow("parent", "chidl", inputs="{name: x}"), CHILD) == [
        ("warning", "unknown-subflow", "tasks[0].flowId")
    ]


def test_a_file_alone_says_nothing_of_other_flows() -> None:
    diagnostics = load(Source(flow("parent", "nobody"), "f"), REGISTRY).diagnostics
    assert diagnostics == []


def test_an_input_that_the_other_flow_needs_is_missing() -> None:
    assert found(flow("parent", "child"), CHILD) == [("error", "subflow-input", "tasks[0].inputs")]


def test_an_input_that_the_other_flow_does_not_know_is_dropped() -> None:
    assert found(flow("parent", "child", inputs="{name: x, nmae: y}"), CHILD) == [
        ("warning", "subflow-input", "tasks[0].inputs.nmae")
    ]


def test_a_disabled_flow_cannot_be_called() -> None:
    child = flow("child", head="disabled: true\n")
    assert found(flow("parent", "child"), child) == [("error", "disabled-subflow", "tasks[0].flowId")]


def test_a_circle_of_calls_is_reported_with_the_way() -> None:
    text = flow("a", "b")
    signatures = [signature_of(one, REGISTRY) for one in (text, flow("b", "c"), flow("c", "a"))]
    together = {one.name: one for one in signatures if one is not None}
    (problem,) = load(Source(text, "f"), REGISTRY, flows=together).diagnostics
    assert problem.code == "subflow-cycle"
    assert problem.message.endswith("test.a → test.b → test.c → test.a")


def test_an_output_that_the_other_flow_does_not_have() -> None:
    child = flow("child") + "outputs: [{id: total, type: INT, value: 1}]\n"
    reader = "  - {id: r, type: io.kestra.plugin.core.debug.Return, format: '{{ outputs.call.outputs.KEY }}'}\n"
    parent = flow("parent", "child")
    assert found(parent + reader.replace("KEY", "total"), child) == []
    assert found(parent + reader.replace("KEY", "totl"), child) == [("error", "unknown-output", "tasks[1].format")]


def test_a_computed_name_is_nobody_s_business() -> None:
    assert found(flow("parent", "'{{ inputs.which ?? 1 }}'")) == [("warning", "undeclared-input", "tasks[0].flowId")]
