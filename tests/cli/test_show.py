"""`flowrun show FLOW` as a command: exact transcripts, documents, charts."""

from __future__ import annotations

import json

import pytest
from tests.cli.command import flowrun, on_terminal
from tests.cli.schemas import problems_with
from tests.cli.transcripts import hold
from tests.unit.cli.test_flow_chart import hold_syntax

FLOW = """\
id: orders
namespace: company.team
description: Loads the orders of a day and tells the team.
inputs:
  - {id: day, type: DATE, description: The day to load}
  - {id: mode, type: SELECT, values: [quick, full], defaults: quick}
  - {id: depth, type: INT, min: 1, max: 10, defaults: 3, dependsOn: {inputs: [mode], condition: "{{ inputs.mode == 'full' }}"}}
  - {id: token, type: SECRET, required: false}
tasks:
  - id: fetch
    type: io.kestra.plugin.core.http.Download
    uri: https://api.example.com/orders
    headers: {Authorization: "Bearer {{ secret('API_TOKEN') }}"}
    timeout: PT1M
    retry: {type: constant, interval: PT5S, maxAttempts: 3}
  - id: regions
    type: io.kestra.plugin.core.flow.ForEach
    values: [north, south]
    concurrencyLimit: 2
    tasks:
      - id: check
        type: io.kestra.plugin.core.flow.If
        condition: "{{ kv('ENABLED_' ~ taskrun.value) }}"
        then:
          - {id: load, type: io.kestra.plugin.core.flow.Subflow, namespace: company.team, flowId: load_region}
        else:
          - {id: skip, type: io.kestra.plugin.core.log.Log, message: "{{ envs.region_note }}"}
  - id: dbt
    type: io.kestra.plugin.dbt.cli.DbtCLI
    commands: ["{{ read('scripts/dbt.sh') }}"]
errors:
  - id: alarm
    type: io.kestra.plugin.core.log.Log
    message: |
      Something failed.
      {{ secret('API_TOKEN') }}
triggers:
  - {id: nightly, type: io.kestra.plugin.core.trigger.Schedule, cron: 30 2 * * *, timezone: Europe/Paris, disabled: true}
  - {id: never, type: io.kestra.plugin.core.trigger.Schedule, cron: 0 0 31 2 *, timezone: Europe/Paris}
"""
"""Its triggers have no dates, so that it looks the same every day; `dbt` is of a type that flowrun can't run."""


@pytest.fixture
def flow(tmp_path):
    path = tmp_path / "orders.yaml"
    path.write_text(FLOW, encoding="utf-8")
    return str(path)


def test_a_pipe_gets_exactly_the_transcript():
    hold("show-piped", flowrun("show", "-", stdin=FLOW).stdout)


def test_ascii_is_exactly_the_transcript():
    shown = flowrun("show", "-", "--ascii", stdin=FLOW).stdout
    assert shown.isascii()
    hold("show-ascii", shown)


@pytest.mark.parametrize("width", [120, 80, 40])
def test_a_terminal_gets_exactly_the_transcript_and_nothing_too_wide(flow, width):
    code, shown = on_terminal("show", flow, "--color", "never", width=width)
    assert code == 0
    assert max(map(len, shown.splitlines())) <= width
    hold(f"show-terminal-{width}", shown.replace("\r\n", "\n"))


def test_colour_is_exactly_the_transcript(flow):
    _, shown = on_terminal("show", flow, "--color", "always")
    hold("show-terminal-80-color", shown.replace("\r\n", "\n"))


def test_the_document_tells_variables_and_needs():
    document = json.loads(flowrun("show", "-", "--format", "json", stdin=FLOW).stdout)
    assert problems_with("flow", document) == []
    assert document["inputs"][0]["variable"] == "FLOWRUN_INPUT_DAY"
    assert [(one["kind"], one.get("name")) for one in document["needs"]] == [
        ("subflow", "load_region"),
        ("secret", "API_TOKEN"),
        ("kv", None),
        ("file", "scripts/dbt.sh"),
        ("env", "ENV_REGION_NOTE"),
        ("host", "api.example.com"),
    ]
    assert document["needs"][1]["uses"] == [
        {"path": "tasks[0].headers.Authorization", "line": 13, "by": "secret()"},
        {"path": "errors[0].message", "line": 36, "by": "secret()"},
    ]


def test_mermaid_is_a_flowchart():
    done = flowrun("show", "-", "--format", "mermaid", stdin=FLOW)
    assert done.returncode == 0
    hold_syntax(done.stdout)
    hold("show-mermaid", done.stdout)


def test_an_execution_is_no_flowchart():
    done = flowrun("show", "--last", "--format", "mermaid")
    assert done.returncode == 2
    assert "an execution cannot be shown as mermaid" in done.stderr
    assert "use --format text or json" in done.stderr


SWITCHED = """\
id: nightly
namespace: company.team
tasks:
  - {id: off, type: io.kestra.plugin.core.trigger.Toggle, trigger: night}
triggers:
  - {id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: 30 2 * * *}
"""


def test_a_trigger_that_a_run_switched_off_is_disabled(tmp_path):
    home = {"FLOWRUN_HOME": str(tmp_path)}
    before = json.loads(flowrun("show", "-", "--format", "json", stdin=SWITCHED, env=home).stdout)
    assert flowrun("run", "-", stdin=SWITCHED, env=home).returncode == 0
    after = json.loads(flowrun("show", "-", "--format", "json", stdin=SWITCHED, env=home).stdout)
    assert [bool(one["triggers"][0].get("disabled")) for one in (before, after)] == [False, True]
