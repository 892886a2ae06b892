"""`flowrun schema`: never stricter than a server, and not blind."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.cli.command import ROOT, flowrun

from flowrun.app.flows import file_schema
from flowrun.cli.commands.schema import text
from flowrun.loading import Source, load
from flowrun.loading.parse import parse
from flowrun.loading.tree import plain
from flowrun.tasks.registry import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

DATA = ROOT / "tests" / "conformance" / "data"
FILES = sorted([*DATA.glob("flows/*/*/flow.yaml"), *DATA.glob("validation/*/flow.yaml"), *ROOT.glob("flows/*.yaml")])
CORE = "io.kestra.plugin.core."
FLOW: dict[str, Any] = {"id": "a", "namespace": "b", "tasks": [{"id": "t", "type": f"{CORE}log.Log", "message": "hi"}]}


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = file_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def accepted(file: Path) -> bool:
    return load(Source(file.read_text(), "f"), REGISTRY).flow is not None


def fits(document: Any) -> bool:
    return validator().is_valid(document)


def test_the_command_prints_what_is_kept_in_the_docs():
    kept = (ROOT / "docs" / "schemas" / "flow-file.json").read_text()
    assert flowrun("schema").stdout == text() == kept


@pytest.mark.parametrize("file", [one for one in FILES if accepted(one)], ids=lambda file: file.parent.name)
def test_a_flow_that_the_server_takes_fits(file):
    root = parse(file.read_text()).root
    assert root is not None
    assert [error.message for error in validator().iter_errors(plain(root))] == []


def changed(**changes: Any) -> dict[str, Any]:
    return {**FLOW, **changes}


def task(**properties: Any) -> dict[str, Any]:
    return changed(tasks=[{"id": "t", **properties}])


@pytest.mark.parametrize(
    "document",
    [
        changed(colour="red"),
        {key: value for key, value in FLOW.items() if key != "tasks"},
        changed(tasks=[]),
        changed(namespace="Company"),
        changed(labels={"a": ""}),
        changed(concurrency={"limit": 0}),
        changed(inputs=[{"id": "x", "type": "NUMBER"}]),
        changed(inputs=[{"id": "x", "type": "INT", "minimum": 3}]),
        changed(inputs=[{"id": "x", "type": "ENUM"}]),
        changed(outputs=[{"id": "x", "type": "STRING"}]),
        changed(triggers=[{"id": "x", "type": f"{CORE}trigger.Schedule"}]),
        changed(triggers=[{"id": "x", "type": f"{CORE}trigger.Webhook", "key": "k", "kye": 1}]),
        task(type=f"{CORE}log.Lgo"),
        task(type=f"{CORE}log.Log"),
        task(type=f"{CORE}log.Log", message="hi", mesage="hi"),
        task(type="io.kestra.core.tasks.log.Log", mesage="hi"),
        task(type=f"{CORE}flow.If", condition="x", then=[{"id": "u", "type": f"{CORE}log.Log"}]),
        task(type=f"{CORE}flow.Dag", tasks=[{"task": {"id": "u", "type": f"{CORE}log.Log"}}]),
        task(type=f"{CORE}flow.ForEach", values=[1], tasks=[{"type": f"{CORE}log.Log", "message": "hi"}]),
        task(type=f"{CORE}log.Log", message="hi", retry={"type": "constant"}),
        task(type=f"{CORE}log.Log", message="hi", retry={"type": "constant", "interval": "soon"}),
        task(type=f"{CORE}log.Log", message="hi", disabled="maybe"),
    ],
    ids=lambda document: json.dumps(document)[-60:],
)
def test_a_mistake_in_the_structure_is_found(document):
    assert load(Source(json.dumps(document), "f"), REGISTRY).flow is None
    assert not fits(document)


def test_types_of_plugins_are_free_but_for_what_all_tasks_have():
    assert fits(task(type="io.kestra.plugin.jdbc.mysql.Query", sql="x"))
    assert not fits(task(type="io.kestra.plugin.jdbc.mysql.Query", sql="x", disabled="maybe"))


def test_what_plugin_defaults_may_fill_in_is_not_required():
    defaults = [{"type": f"{CORE}log.Log", "values": {"message": "hi"}}]
    assert fits({**task(type=f"{CORE}log.Log"), "pluginDefaults": defaults})


def test_old_names_are_marked():
    properties = file_schema()["$defs"]["task"]["properties"]
    assert {"enum", "deprecated"} <= properties["type"]["anyOf"][1].keys()
    assert file_schema()["properties"]["listeners"]["deprecated"] is True


def test_every_type_says_what_it_does():
    definitions = file_schema()["$defs"]
    silent = [name for name, one in definitions.items() if name.startswith("io.kestra.") and not one.get("description")]
    assert silent == []
