"""HTTP tasks and `http()` as a real Kestra 1.3.31 ran them, against the server of `tests/support/http_server.py`.

A line of `own-http.jsonl` is one task, its state, outputs and log lines from INFO on; `$SERVER`, `$HOST` and `$PORT` stand for the server.
"""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.compare import first_difference, normalise
from tests.support.http_server import Server, serving

from flowrun.app import flows, runs
from flowrun.loading.source import Source
from flowrun.sinks.json_document import JsonSink, execution_document

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parent / "data" / "own-http.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
HEAD = "id: h\nnamespace: a.b\ntasks:\n  - id: t\n    "


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def run(task: str) -> dict[str, Any]:
    """The execution of a flow of this one task, as `run --output json` shows it."""
    sink = JsonSink(StringIO())
    source = Source(HEAD + task.replace("\n", "\n    ") + "\n", "flow.yaml")
    flow, _ = flows.load(source)
    runs.begin(flow, source, {}, {}, sinks=[sink], options=runs.RunOptions(), warn=print).run_to_end()
    assert sink.execution is not None
    return json.loads(json.dumps(execution_document(sink.execution, sink.logs)))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_request_goes_as_it_did_on_kestra(case: dict[str, Any], server: Server) -> None:
    host = server.url.removeprefix("http://")
    places = {"$SERVER": server.url, "$HOST": host, "$PORT": host.partition(":")[2]}
    text = json.dumps(case, ensure_ascii=False)
    for name, value in places.items():
        text = text.replace(name, value)
    expected = json.loads(text)
    found = normalise(run(expected.pop("task")))
    logs = [[entry["level"], entry["message"]] for entry in found["logs"]]
    actual = {"case": case["case"], "state": found["state"], "outputs": found["taskRuns"][0]["outputs"], "logs": logs}
    assert first_difference(expected, actual) is None
