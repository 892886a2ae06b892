"""Flows that a real Kestra ran: the same states, task runs, outputs and log lines here.

Copied from the recordings by `make recordings`; `compare.py` beside this file brings both sides into one form.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.conformance.compare import first_difference, normalise
from tools.conformance import NOT_YET_DONE, patterns_of

from flowrun.app import flows, runs
from flowrun.errors import FlowrunError
from flowrun.loading.source import read_source
from flowrun.sinks.json_document import JsonSink, execution_document

DATA = Path(__file__).parent / "data"
RECORDED = ("flows", "own-flows")
"""Those that are copied, and those that were asked while this was built."""
WAITING = patterns_of(NOT_YET_DONE.read_text(encoding="utf-8"))


def cases() -> list[Path]:
    found = sorted(path.parent for name in RECORDED for path in (DATA / name).rglob("expected.json"))
    return [case for case in found if not any(fnmatchcase(name_of(case), pattern) for pattern in WAITING)]


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def run(case: Path) -> dict[str, Any]:
    """The execution as `run --output json --virtual-time` shows it, or the refusal."""
    inputs = case / "inputs.yaml"
    given = YAML(typ="safe", pure=True).load(inputs.read_text(encoding="utf-8")) if inputs.exists() else {}
    sink = JsonSink(StringIO())
    try:
        source = read_source(str(case / "flow.yaml"))
        flow, _ = flows.load(source)
        options = runs.RunOptions(virtual_time=True, flows=case)
        runs.begin(flow, source, given or {}, {}, sinks=[sink], options=options, warn=print).run_to_end()
    except FlowrunError as refused:
        return {"error": {"message": refused.message}}
    assert sink.execution is not None
    return execution_document(sink.execution, sink.logs)


@pytest.mark.parametrize("case", cases(), ids=name_of)
def test_a_flow_runs_as_it_did_on_kestra(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(case)
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    document = json.loads(json.dumps(run(case), ensure_ascii=False))
    assert first_difference(expected, normalise(document, expected.get("ordered", True))) is None
