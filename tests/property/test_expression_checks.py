"""What the checks say of templates is what happens when the flow runs: never a false error, no missed failure."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.app import flows, runs
from flowrun.diagnostics import Severity
from flowrun.loading.source import Source
from flowrun.model.log import LogLevel
from flowrun.sinks.json_document import JsonSink
from flowrun.template import to_json

if TYPE_CHECKING:
    from flowrun.diagnostics import Diagnostic
    from flowrun.model.execution import Execution

CORE = "io.kestra.plugin.core."
NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")

FIELDS = ("", ".value", ".other", "[taskrun.value].value", "[parent.taskrun.value].value", "['x'].value", ".x.y.value")
OTHERS = (
    "taskrun.value",
    "taskrun.iteration ?? 0",
    "taskrun.iteration",
    "parent.taskrun.value",
    "parents[1].taskrun.value",
    "inputs.name",
    "inputs.nmae",
    "vars.greeting",
    "vars.nested.deep",
    "vars.nested.other",
    "execution.id",
    "tasks.a.state",
    "tasks.c.x.state",
    "flow.colour",
    "nothing",
    "trigger.date",
    "outputs.a.value ?? 'none'",
    "'x' | upper",
    "'x' | uper",
    "now() | date('yyyy', 'UTC', 'x', 'y', 'z')",
    "inputs.count > 'x'",
    "inputs.count + 1",
    "outputs.a.value > 3",
    "outputs.a.value | keys",
    "outputs.b.value | upper",
)
readings = st.one_of(
    st.builds("outputs.{}{}".format, st.sampled_from(NAMES[:6]), st.sampled_from(FIELDS)), st.sampled_from(OTHERS)
)


class Maker:
    """Builds task maps with ids `a`, `b`, … in the order of the file; the references may name any of them."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.left = list(NAMES)

    def task(self, depth: int) -> dict[str, Any]:
        name = self.left.pop(0)
        kind = self.draw(st.sampled_from(["Return"] * 4 + (GROUPS if depth and len(self.left) > 3 else [])))
        if kind == "Return":
            found = self.draw(readings)
            return {"id": name, "type": f"{CORE}debug.Return", "format": f"{{{{ {found} }}}}"}
        made: dict[str, Any] = {"id": name, "type": f"{CORE}flow.{kind}"}
        if kind == "If":
            made["condition"] = self.draw(st.sampled_from(["{{ true }}", "{{ false }}"]))
            made["then"] = self.tasks(0)
            if self.left and self.draw(st.booleans()):
                made["else"] = self.tasks(depth - 1)
        elif kind == "Switch":
            made["value"] = self.draw(st.sampled_from(["x", "z"]))
            made["cases"] = {"x": self.tasks(0)}
            if self.left:
                made["defaults"] = self.tasks(depth - 1)
        elif kind == "Dag":
            members = self.tasks(0)
            made["tasks"] = [{"task": one} for one in members]
            if len(members) > 1 and self.draw(st.booleans()):
                made["tasks"][-1]["dependsOn"] = [members[0]["id"]]
        else:
            made["tasks"] = self.tasks(depth - 1)
        if kind == "ForEach":
            made["values"] = self.draw(st.sampled_from([["x", "y"], '["x"]']))
        return made

    def tasks(self, depth: int) -> list[dict[str, Any]]:
        tasks = [self.task(depth)]
        if self.left and self.draw(st.booleans()):
            tasks.append(self.task(depth))
        return tasks


GROUPS = ["Sequential", "Parallel", "If", "Switch", "ForEach", "Dag"]


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """A flow as a map, with one expression in each leaf."""
    maker = Maker(draw)
    tasks = [maker.task(3) for _ in range(draw(st.integers(1, 4))) if maker.left]
    if draw(st.booleans()):
        tasks[0]["runIf"] = draw(st.sampled_from(["{{ true }}", "{{ false }}"]))
    return {
        "id": "checked",
        "namespace": "test",
        "inputs": [
            {"id": "name", "type": "STRING", "defaults": "Ann"},
            {"id": "count", "type": "INT", "defaults": 3},
        ],
        "variables": {"greeting": "hi", "nested": {"deep": 1}},
        "tasks": tasks,
    }


def checked_and_run(document: dict[str, Any]) -> tuple[list[Diagnostic], Execution, set[str]]:
    """What is said of the flow, its execution, and the tasks that logged an error."""
    source = Source(to_json(document), "flow.yaml")
    flow, diagnostics = flows.load(source)
    sink = JsonSink(StringIO())
    options = runs.RunOptions(virtual_time=True)
    execution = runs.begin(flow, source, {}, {}, sinks=[sink], options=options, warn=print).run_to_end()
    return diagnostics, execution, {str(one.task_id) for one in sink.logs if one.level is LogLevel.ERROR}


def paths_of_tasks(tasks: list[dict[str, Any]], path: str = "tasks") -> dict[str, str]:
    """The path of each task, by its id."""
    found = {}
    for number, one in enumerate(tasks):
        place = f"{path}[{number}]"
        if "task" in one:
            found |= {one["task"]["id"]: f"{place}.task"}
            continue
        found[one["id"]] = place
        for slot in ("tasks", "then", "else", "defaults"):
            found |= paths_of_tasks(one.get(slot, []), f"{place}.{slot}")
        for case, members in one.get("cases", {}).items():
            found |= paths_of_tasks(members, f"{place}.cases.{case}")
    return found


@settings(max_examples=400, derandomize=True, deadline=None)
@given(documents())
def test_an_expression_that_works_is_no_error(document: dict[str, Any]) -> None:
    diagnostics, execution, _ = checked_and_run(document)
    paths = paths_of_tasks(document["tasks"])
    states: dict[str, set[str]] = {}
    for one in execution.task_runs.values():
        states.setdefault(one.task_id, set()).add(str(one.current))
    worked = {paths[name] for name, found in states.items() if found == {"SUCCESS"}}
    wrong = [one for one in diagnostics if one.severity is Severity.ERROR and one.path.rpartition(".")[0] in worked]
    assert not wrong


@settings(max_examples=400, derandomize=True, deadline=None)
@given(documents())
def test_an_expression_that_fails_is_reported(document: dict[str, Any]) -> None:
    diagnostics, _, failed = checked_and_run(document)
    paths = paths_of_tasks(document["tasks"])
    reported = {one.path.rpartition(".")[0] for one in diagnostics if one.severity is not Severity.NOTE}
    assert {paths[name] for name in failed} <= reported
