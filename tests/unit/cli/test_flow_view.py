"""What `flowrun show FLOW` shows."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.cli.schemas import problems_with

from flowrun.cli.flow_document import flow_document
from flowrun.cli.flow_view import flow_lines
from flowrun.loading import Source, load, read_source
from flowrun.sinks.lines import ASCII, UNICODE, plain
from flowrun.tasks.registry import REGISTRY

ROOT = Path(__file__).resolve().parents[3]
FLOWS = sorted([*ROOT.glob("flows/*.yaml"), *ROOT.glob("tests/conformance/data/flows/*/*/flow.yaml")])
NOW = datetime.fromisoformat("2026-11-25T11:00:00Z")
PARIS = ZoneInfo("Europe/Paris")
CORE = "io.kestra.plugin.core."
TASKS = f"tasks: [{{id: t, type: {CORE}log.Log, message: hi}}]"

EVERYTHING = f"""
id: orders
namespace: company.team
revision: 3
description: |
  Loads the orders of a day.

  More of it.
labels: {{team: data, env: prod}}
concurrency: {{limit: 2, behavior: CANCEL}}
retry: {{type: constant, interval: PT5S, maxAttempts: 3, behavior: CREATE_NEW_EXECUTION}}
sla: [{{id: quick, type: MAX_DURATION, duration: PT1H, behavior: FAIL}}]
inputs:
  - {{id: day, type: DATE, after: "2026-01-01", displayName: Day, description: The day to load}}
  - {{id: token, type: SECRET, defaults: very-secret}}
  - {{id: mode, type: SELECT, values: [quick, full], defaults: quick}}
  - {{id: depth, type: INT, min: 1, max: 10, dependsOn: {{inputs: [mode], condition: "{{{{ inputs.mode == 'full' }}}}"}}}}
  - {{id: tags, type: MULTISELECT, values: [a, b], allowCustomValue: true, required: false}}
tasks:
  - id: graph
    type: {CORE}flow.Dag
    tasks:
      - task: {{id: a, type: {CORE}log.Log, message: a}}
      - task: {{id: b, type: {CORE}log.Log, message: b, timeout: PT5S, allowFailure: true}}
        dependsOn: [a]
    errors: [{{id: oops, type: {CORE}log.Log, message: c}}]
  - id: each
    type: {CORE}flow.ForEach
    values: [1, 2]
    concurrencyLimit: 0
    tasks:
      - id: choose
        type: {CORE}flow.Switch
        value: "{{{{ taskrun.value }}}}"
        cases:
          one: [{{id: c, type: {CORE}debug.Return, format: x, disabled: true}}]
        defaults:
          - id: d
            type: {CORE}flow.If
            condition: "{{{{ true }}}}"
            then: [{{id: e, type: {CORE}debug.Return, format: x, runIf: "{{{{ false }}}}"}}]
            else:
              - id: f
                type: {CORE}debug.Return
                format: x
                retry: {{type: random, minInterval: PT1S, maxInterval: PT1M, maxDuration: PT1H}}
errors: [{{id: alarm, type: {CORE}log.Log, message: x}}]
finally: [{{id: tidy, type: {CORE}log.Log, message: x}}]
afterExecution: [{{id: after, type: {CORE}log.Log, message: x}}]
outputs: [{{id: total, type: INT, value: "{{{{ outputs.e.value }}}}", description: How many}}]
triggers:
  - id: nightly
    type: {CORE}trigger.Schedule
    cron: 30 2 * * *
    timezone: America/New_York
    conditions: [{{type: {CORE}condition.Weekend}}]
  - {{id: often, type: {CORE}trigger.Schedule, cron: "30 0 12 * * *", withSeconds: true}}
  - {{id: never, type: {CORE}trigger.Schedule, cron: 0 0 31 2 *}}
  - {{id: paused, type: {CORE}trigger.Schedule, cron: "@daily", disabled: true}}
  - {{id: listed, type: {CORE}trigger.ScheduleOnDates, dates: ["2027-01-01T10:00:00Z", "{{{{ vars.day }}}}", "2027-01-01"]}}
  - {{id: hook, type: {CORE}trigger.Webhook, key: topsecret}}
  - id: others
    type: {CORE}trigger.Flow
    states: [SUCCESS, WARNING]
    preconditions: {{id: p, flows: [{{namespace: a.b, flowId: c}}, {{namespace: x}}]}}
"""

SHOWN = """\
company.team.orders  revision 3
  Loads the orders of a day.
  labels: team=data, env=prod
  concurrency: at most 2 at a time, a further one is cancelled
  retry: 3 attempts PT5S apart as new executions
  sla: quick

inputs
  day    DATE         required, after: 2026-01-01
    FLOWRUN_INPUT_DAY  Day: The day to load
  token  SECRET       default: ******
    FLOWRUN_INPUT_TOKEN
  mode   SELECT       default: quick, one of quick, full
    FLOWRUN_INPUT_MODE
  depth  INT          required, min: 1, max: 10, depends on mode, only if {{ inputs.mode == 'full' }}
    FLOWRUN_INPUT_DEPTH
  tags   MULTISELECT  optional, some of a, b or another
    FLOWRUN_INPUT_TAGS
  taken from --input ID=VALUE, else --inputs-file, FLOWRUN_INPUT_<ID>, an answer on the terminal, the default

tasks
  graph             Dag
  ├─ a              Log
  ├─ b              Log      after a, timeout: PT5S, allowFailure
  └─ errors
     └─ oops        Log
  each              ForEach  values: [1, 2], concurrencyLimit: 0
  └─ choose         Switch   value: {{ taskrun.value }}
     ├─ case one
     │  └─ c        Return   disabled
     └─ default
        └─ d        If       condition: {{ true }}
           ├─ then
           │  └─ e  Return   runIf: {{ false }}
           └─ else
              └─ f  Return   retry: PT1S to PT1M apart within PT1H

errors
  alarm  Log

finally
  tidy  Log

afterExecution
  after  Log

outputs
  total  INT  {{ outputs.e.value }}
    How many

triggers
  nightly  Schedule         30 2 * * *, America/New_York, if its conditions hold: Weekend
    Thu 2026-11-26 02:30-05:00
    Fri 2026-11-27 02:30-05:00
    Sat 2026-11-28 02:30-05:00
    Sun 2026-11-29 02:30-05:00
    Mon 2026-11-30 02:30-05:00
  often    Schedule         30 0 12 * * *, in this machine's time zone
    Wed 2026-11-25 12:00:30+01:00
    Thu 2026-11-26 12:00:30+01:00
    Fri 2026-11-27 12:00:30+01:00
    Sat 2026-11-28 12:00:30+01:00
    Sun 2026-11-29 12:00:30+01:00
  never    Schedule         0 0 31 2 *, in this machine's time zone
    no dates: there is no such day
  paused   Schedule         disabled, @daily, in this machine's time zone
  listed   ScheduleOnDates  in this machine's time zone
    Fri 2027-01-01 11:00+01:00
    {{ vars.day }}
    2027-01-01: no date-time with an offset
  hook     Webhook          when its URL is called
  others   Flow             when each of a.b.c, x.* is SUCCESS or WARNING
"""


def built(text):
    found = load(Source(text, "flow.yaml"), REGISTRY)
    assert found.flow is not None, found.sentence
    return found.flow


def valid_flows(paths):
    loaded = [load(read_source(str(path)), REGISTRY).flow for path in paths]
    found = [flow for flow in loaded if flow]
    assert found
    return found


def shown(text, symbols=UNICODE, **look):
    return "".join(f"{plain(line)}\n" for line in flow_lines(built(text), NOW, symbols, PARIS, **look))


def document(text):
    return flow_document(built(text), NOW, PARIS)


def test_everything_of_a_flow_is_shown():
    assert shown(EVERYTHING) == SHOWN


def test_a_small_flow_is_shown_in_a_few_lines():
    assert shown(f"id: a\nnamespace: b\n{TASKS}") == "b.a\n\ntasks\n  t  Log\n"


def test_ascii_draws_with_ascii_only():
    text = shown(EVERYTHING, ASCII)
    assert text.isascii()
    assert "  |- a              Log\n" in text
    assert "     `- oops        Log\n" in text


def test_narrow_lines_have_no_columns():
    text = shown(EVERYTHING, narrow=True)
    assert "  ├─ b  Log  after a, timeout: PT5S, allowFailure\n" in text
    assert "  mode  SELECT  default: quick" in text


def test_a_disabled_flow_says_that_nothing_starts_it():
    text = shown(
        f"id: a\nnamespace: b\ndisabled: true\n{TASKS}\ntriggers: [{{id: s, type: {CORE}trigger.Schedule, cron: '@daily'}}]"
    )
    assert text.startswith("b.a  disabled\n")
    assert text.endswith("  s  Schedule  @daily, in this machine's time zone\n  none of them starts a disabled flow\n")


def test_secrets_are_never_shown():
    text = f"""
id: a
namespace: b
inputs:
  - {{id: one, type: SECRET, defaults: very-secret}}
  - {{id: two, type: SECRET, prefill: very-secret}}
  - {{id: form, type: FORM, inputs: [{{id: inner, type: SECRET, defaults: very-secret}}]}}
{TASKS}
triggers: [{{id: hook, type: {CORE}trigger.Webhook, key: very-secret}}]
"""
    assert "very-secret" not in shown(text)
    assert "very-secret" not in str(document(text))
    assert "  form.inner  SECRET  default: ******\n" in shown(text)


def test_what_could_steer_the_terminal_is_not_shown():
    escape = '"\\e[31mred"'
    text = f"id: a\nnamespace: b\ndescription: {escape}\nlabels: {{x: {escape}}}\n{TASKS}\n"
    assert "\x1b" not in shown(text)
    assert "\n  red\n  labels: x=red\n" in shown(text)


@pytest.mark.parametrize(
    ("trigger", "occasion"),
    [
        ("Flow, conditions: []", "when another execution ends"),
        ("Flow, states: [FAILED]", "when another execution is FAILED"),
        ("Flow, preconditions: {id: p, flows: [{namespace: x, flowId: y}]}", "when each of x.y ends"),
        (
            f"Webhook, key: k, conditions: [{{type: {CORE}condition.Weekend}}]",
            "its URL is called, if its conditions hold: Weekend",
        ),
        ("ScheduleOnDates, dates: ['2020-01-01T00:00:00Z'], timezone: UTC", "UTC\n    no dates: all have passed"),
    ],
)
def test_a_trigger_says_what_starts_the_flow(trigger, occasion):
    assert shown(f"id: a\nnamespace: b\n{TASKS}\ntriggers: [{{id: x, type: {CORE}trigger.{trigger}}}]").endswith(
        f"{occasion}\n"
    )


def test_an_unknown_time_zone_is_told_and_no_crash():
    flow = built(f"id: a\nnamespace: b\n{TASKS}\ntriggers: [{{id: s, type: {CORE}trigger.Schedule, cron: '@daily'}}]")
    object.__setattr__(flow.triggers[0], "timezone", "Mars/One")
    assert plain(flow_lines(flow, NOW, UNICODE)[-1]) == "    no dates: there is no time zone `Mars/One`"
    assert flow_document(flow, NOW)["triggers"][0]["problem"] == "there is no time zone `Mars/One`"


def test_the_document_nests_tasks_under_the_property_that_they_stand_in():
    graph, each = document(EVERYTHING)["tasks"]
    assert [(one["id"], one["branch"], one.get("dependsOn")) for one in graph["children"]] == [
        ("a", "tasks", None),
        ("b", "tasks", ["a"]),
        ("oops", "errors", None),
    ]
    assert (each["values"], each["concurrencyLimit"]) == ([1, 2], 0)
    (choose,) = each["children"]
    assert [one["branch"] for one in choose["children"]] == ["cases.one", "defaults"]
    assert [one["branch"] for one in choose["children"][1]["children"]] == ["then", "else"]


def test_the_document_tells_the_dates_of_triggers_that_are_on():
    triggers = {one["id"]: one for one in document(EVERYTHING)["triggers"]}
    assert triggers["nightly"]["nextDates"][0] == "2026-11-26T02:30:00-05:00"
    assert triggers["never"]["nextDates"] == []
    assert triggers["listed"]["nextDates"] == ["2027-01-01T11:00:00+01:00"]
    assert not any("nextDates" in triggers[name] for name in ("paused", "hook", "others"))


def test_the_document_leaves_out_what_is_not_set():
    assert document(f"id: a\nnamespace: b\n{TASKS}") == {
        "namespace": "b",
        "id": "a",
        "tasks": [{"id": "t", "type": f"{CORE}log.Log"}],
    }


def test_documents_keep_their_schema():
    assert problems_with("flow", document(EVERYTHING)) == []
    for flow in valid_flows(FLOWS[::10]):  # each takes 20 ms
        assert problems_with("flow", flow_document(flow, NOW)) == []


def test_every_flow_can_be_shown():
    for flow in valid_flows(FLOWS):
        assert plain(flow_lines(flow, NOW, UNICODE)[0]).startswith(f"{flow.namespace}.{flow.id}")
        assert json.dumps(flow_document(flow, NOW))
