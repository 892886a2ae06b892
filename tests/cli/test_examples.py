"""The flows of `flows/examples/`: each runs as its first lines say, and `validate` finds nothing in it."""

from __future__ import annotations

import json
import re

import pytest
from tests.cli.command import ROOT, flowrun

from flowrun.tasks.registry import RUNS

FOLDER = ROOT / "flows" / "examples"
FLOWABLES = {name for name in RUNS if ".core.flow." in name} - {"io.kestra.plugin.core.flow.Sleep"}

ENDS = {"allow_failure": "WARNING", "handlers": "FAILED", "retries": "WARNING", "sla": "CANCELLED"}
"""How those end that do not end in SUCCESS, when they are run without inputs."""

SHOWS = {
    "allow_failure": "It goes without: No balloons left.",
    "dag": "Profit: 50",
    "each_parallel": "right is done",
    "each_sequential": "three",
    "for_each": "Oslo on Tuesday, with ticket 2 to Oslo",
    "for_each_item": '3 batches: {"CREATED":0,"RUNNING":0,"SUCCESS":3}',
    "handlers": "5. afterExecution: the execution is FAILED",
    "if": "Was it warm? true",
    "loop_until": "delivered, after 4 looks",
    "one_at_a_time": '["Ann","Bob","Eve"] have paid.',
    "pause": "Nobody approved in time, so the prices stay as they are.",
    "sequential": "Here come 2 cups of coffee",
    "sla": "CANCELLED, with the labels stock=low and late=true",
    "subflow": "Hello Ann (SUCCESS)",
    "switch": "From the middle shelf.",
    "working_directory": "3 words:\napple\npear\nplum\n",
}
"""What a run without inputs writes to its log, among other things."""


def calls() -> list[tuple[str, str]]:
    """Each `flowrun run` of the first lines: the name of the file, and the inputs."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        written = re.findall(r"^# .*flowrun run (\S+)((?: --input \S+)*)", path.read_text(), re.MULTILINE)
        assert {file for file, _ in written} == {f"flows/examples/{path.name}"}
        found += [(path.stem, inputs.strip()) for _, inputs in written]
    return sorted(set(found))


@pytest.mark.parametrize(("name", "inputs"), calls())
def test_an_example_runs_as_its_first_lines_say(name, inputs):
    options = ("--virtual-time", "--no-input", "--output", "json", "--log-level", "ERROR")
    done = flowrun("run", f"flows/examples/{name}.yaml", *inputs.split(), *options)
    document = json.loads(done.stdout)
    while "next" in document:  # the flow was tried again
        document = document["next"]
    end = "SUCCESS" if inputs else ENDS.get(name, "SUCCESS")
    assert document["state"]["current"] == end
    assert done.returncode == (0 if end in ("SUCCESS", "WARNING") else 1)
    if not inputs and name in SHOWS:
        assert any(SHOWS[name] in entry["message"] for entry in document["logs"])


def test_validate_finds_nothing_in_the_flows_that_come_with_flowrun():
    done = flowrun("validate", "flows/", "--strict", "--format", "json")
    files = json.loads(done.stdout)["files"]
    assert done.returncode == 0
    assert {one["file"] for one in files} >= {f"flows/examples/{path.name}" for path in FOLDER.glob("*.yaml")}
    assert [one for one in files if one["diagnostics"]] == []


def test_every_flowable_has_an_example():
    types = [re.findall(r"^\s+type: (\S+)", path.read_text(), re.MULTILINE) for path in FOLDER.glob("*.yaml")]
    assert {name for found in types for name in found} >= FLOWABLES


def test_the_page_about_runs_leads_to_every_example():
    page = (ROOT / "docs" / "how-a-run-proceeds.md").read_text()
    linked = set(re.findall(r"\(\.\./flows/examples/(\w+)\.yaml\)", page))
    assert linked == {path.stem for path in FOLDER.glob("*.yaml")}
