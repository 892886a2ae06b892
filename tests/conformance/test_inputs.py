"""Inputs that a real Kestra took or refused: the same values, texts, warnings and sentences here."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flowrun.app import flows, runs
from flowrun.errors import StartRefused
from flowrun.loading.source import Source
from flowrun.model.execution import ENCRYPTED
from flowrun.sinks.json_document import JsonSink, execution_document

CASES = YAML(typ="safe").load(Path(__file__).parent / "data" / "own-inputs.yaml")


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What the case records, as this project answers it."""
    flow = {
        "id": "f",
        "namespace": "t.n",
        "labels": {"k": "v"},
        "variables": {"text": "T", "list": ["p", "q"]},
        "inputs": case["inputs"],
        "tasks": [
            {"id": "r", "type": "io.kestra.plugin.core.debug.Return", "format": case.get("show", "{{ inputs.x }}")}
        ],
    }
    sink = JsonSink(StringIO())
    try:
        source = Source(json.dumps(flow), "flow.yaml")
        loaded, _ = flows.load(source)
        options = runs.RunOptions(virtual_time=True)
        running = runs.begin(loaded, source, case["given"], {}, sinks=[sink], options=options, warn=print)
        execution = running.run_to_end()
    except StartRefused as refused:
        return {"refused": refused.message}
    document = json.loads(json.dumps(execution_document(execution, sink.logs)))
    warned = [line["message"] for line in document["logs"] if line["level"] == "WARN"]
    return {
        "values": sealed(document.get("inputs", {})),
        "shown": document["taskRunList"][0].get("outputs", {}).get("value"),
        **({"warned": warned} if warned else {}),
    }


def sealed(value: Any) -> Any:
    """The values with `SEALED` for each encrypted one."""
    if isinstance(value, dict):
        is_sealed = value.get("type") == ENCRYPTED
        return "SEALED" if is_sealed else {key: sealed(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['given']}"[:40])
def test_inputs_are_taken_and_refused_as_on_kestra(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    recorded = {key: value for key, value in case.items() if key in ("values", "shown", "warned", "refused")}
    assert answer(case) == recorded
