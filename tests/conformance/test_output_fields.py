"""The outputs that a task type declares are those that a real Kestra 1.3.31 recorded for it."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from flowrun.model.registry import TypeKind
from flowrun.tasks.registry import DECLARED, REGISTRY, RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOWS = Path(__file__).parent / "data" / "flows"
UNKNOWN_BEFORE_THE_RUN = {"io.kestra.plugin.core.templating.TemplatedTask"}
"""Its outputs are those of the task that its template gives."""
GIVEN_BY_PLUGINS = {"taskRunner"}
"""What runners of plugins tell of where a script ran; a process gives nothing."""
GIVEN_BY_PEOPLE = {"onResume"}
"""The inputs of a word that goes on with a pause; no recording has anybody who gives one."""
PYTHON = {"string": str, "boolean": bool, "integer": int, "number": float, "array": list, "object": dict, "any": object}


def typed(node: Any) -> Iterator[tuple[str, str]]:
    """The id and the present name of the type of everything in a flow file that has both."""
    if isinstance(node, dict):
        if isinstance(node.get("id"), str) and isinstance(node.get("type"), str):
            yield node["id"], REGISTRY.canonical(node["type"])
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from typed(each)


def recorded() -> dict[str, dict[str, list[Any]]]:
    """What each type of task gave in all recordings: type → output → values."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for path in FLOWS.rglob("expected.json"):
        text = (path.parent / "flow.yaml").read_text(encoding="utf-8")
        runs = json.loads(path.read_text(encoding="utf-8")).get("taskRuns", ())
        if not any(run["outputs"] for run in runs):
            continue
        types = dict(typed(YAML(typ="safe", pure=True).load(text)))
        for run in runs:
            for name, value in run["outputs"].items():
                if run["task"] in types:
                    found[types[run["task"]]][name].append(value)
    return found


RECORDED = recorded()


def fields_of(name: str) -> dict[str, str] | None:
    fields: dict[str, str] | None = REGISTRY.find(name, TypeKind.TASK).output_fields  # type: ignore[union-attr]
    return fields


@pytest.mark.parametrize("name", sorted({*RUNS, *DECLARED[TypeKind.TASK]} - UNKNOWN_BEFORE_THE_RUN))
def test_every_core_task_says_what_it_gives(name: str) -> None:
    fields = fields_of(name)
    assert fields is not None
    assert set(fields.values()) <= set(PYTHON)


@pytest.mark.parametrize("name", sorted(set(RECORDED) - UNKNOWN_BEFORE_THE_RUN))
def test_every_recorded_output_is_declared_with_its_type(name: str) -> None:
    fields = fields_of(name)
    assert fields is not None
    for output, values in RECORDED[name].items():
        assert output in fields
        assert all(isinstance(value, PYTHON[fields[output]]) for value in values), output


@pytest.mark.parametrize("name", sorted((RUNS.keys() & RECORDED.keys()) - UNKNOWN_BEFORE_THE_RUN))
def test_a_type_that_runs_declares_nothing_that_was_never_seen(name: str) -> None:
    assert set(fields_of(name) or ()) - {*RECORDED[name]} <= GIVEN_BY_PLUGINS | GIVEN_BY_PEOPLE
