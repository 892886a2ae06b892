"""Runs flows as tests of tasks want it."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

from flowrun.app import flows, runs
from flowrun.loading.source import Source
from flowrun.sinks.json_document import JsonSink, execution_document
from flowrun.store.database import open_database

if TYPE_CHECKING:
    from pathlib import Path

CORE = "io.kestra.plugin.core."


class Runner:
    """Runs flows of `a.b` by virtual time. `home`: where they are kept; None: nowhere. `folder` holds the flows that are called."""

    def __init__(self, home: Path | None, folder: Path) -> None:
        self.home = home
        self.folder = folder

    def run(self, text: str, flow_id: str = "f") -> dict[str, Any]:
        """The execution as `run --output json` shows it; `$CORE.` in the text stands for the package of the core tasks."""
        source = Source(f"id: {flow_id}\nnamespace: a.b\n" + text.replace("$CORE.", CORE), "flow.yaml")
        flow, _ = flows.load(source)
        sink = JsonSink(StringIO())
        options = runs.RunOptions(virtual_time=True, flows=self.folder)
        database = open_database(self.home) if self.home else None
        running = runs.begin(flow, source, {}, {}, sinks=[sink], options=options, warn=print, database=database)
        running.run_to_end()
        assert sink.execution is not None
        document: dict[str, Any] = json.loads(json.dumps(execution_document(sink.execution, sink.logs), default=str))
        return document


def outputs(document: dict[str, Any], task_id: str) -> Any:
    """What a task gave."""
    return next(one["outputs"] for one in document["taskRunList"] if one["taskId"] == task_id)
