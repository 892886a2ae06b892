"""Rules across fields and across the flow."""

from __future__ import annotations

import pytest

from flowrun.diagnostics import Diagnostic, Severity
from flowrun.loading import Source, load
from flowrun.loading.checks.cycles import cycle_through, tied
from flowrun.tasks.registry import REGISTRY

LOG = "io.kestra.plugin.core.log.Log"
FLOW = "io.kestra.plugin.core.flow"
TRIGGER = "io.kestra.plugin.core.trigger"
CONDITION = "io.kestra.plugin.core.condition"
MULTIPLE = f"{{type: {CONDITION}.MultipleCondition, id: m, conditions: {{c: {{type: {CONDITION}.Weekend}}}}}}"


def problems(body: str, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    text = f"id: a\nnamespace: b\n{body}"
    if "tasks:" not in [line for line in body.split("\n") if not line.startswith(" ")]:
        text += f"\ntasks:\n  - {{id: last, type: {LOG}, message: hi}}\n"
    found = load(Source(text, "f"), REGISTRY).diagnostics
    return [
        (each.code, each.path) for each in found if each.severity is severity and (each.kestra or not_an_error(each))
    ]


def not_an_error(problem: Diagnostic) -> bool:
    """Errors of flowrun's own are tested with the expressions that they are about."""
    return problem.severity is not Severity.ERROR


def tasks(*items: str) -> str:
    return "tasks:\n" + "".join(f"  - {item}\n" for item in items)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("{id: x, type: STRING}, {id: x, type: INT}", [("duplicate-id", "inputs[1].id")]),
        ("{id: x.y, type: STRING}, {id: x, type: INT}", [("input-path", "inputs[1].id")]),
        ("{id: x.y, type: STRING}, {id: x.z, type: INT}", []),
        ("{id: x, type: FORM, inputs: [{id: y, type: INT}]}", []),
        (
            "{id: x, type: FORM, inputs: [{id: y, type: INT}]}, {id: x.y, type: INT}",
            [("duplicate-id", "inputs[1].id")],
        ),
        ("{id: x, type: STRING, required: false, defaults: a}", [("optional-default", "inputs[0]")]),
        ("{id: x, type: STRING, required: false, defaults: ~}", []),
        (
            "{id: x, type: SELECT, values: [a], autoSelectFirst: true, required: false}",
            [("optional-default", "inputs[0]")],
        ),
        ("{id: x, type: STRING, defaults: a, prefill: b}", [("default-and-prefill", "inputs[0]")]),
        ("{id: x, type: FILE, defaults: 'nsfile:///a'}, {id: y, type: FILE, defaults: \"{{ 'file:///a' }}\"}", []),
        ("{id: x, type: FILE, defaults: '{{ x }}'}", [("file-default", "inputs[0]")]),
        ("{id: x, type: FILE, defaults: 'kestra:///a'}", [("file-default", "inputs[0]")]),
        ("{id: x, type: ARRAY, itemType: SECRET}", [("item-type", "inputs[0]")]),
        ("{id: x, type: MULTISELECT, values: [a], itemType: ARRAY}", [("item-type", "inputs[0]")]),
        ("{id: x, type: FORM}", [("missing-field", "inputs[0].inputs")]),
        ("{id: x, type: FORM, inputs: [{id: y, type: INT}], prefill: {y: 1}}", [("form-default", "inputs[0]")]),
        ("{id: x, type: FORM, inputs: [{id: y, type: FORM, inputs: []}]}", [("form-in-form", "inputs[0]")]),
        (
            "{id: x, type: FORM, inputs: [{id: y, type: INT}]}, {id: z, type: INT, dependsOn: {inputs: [x]}}",
            [("unknown-input", "inputs[1].dependsOn.inputs[0]")],
        ),
        ("{id: x, type: FORM, dependsOn: {inputs: [nobody]}, inputs: [{id: y, type: INT}]}", []),
        ("{id: x, type: STRING, validator: '[a-z'}", [("bad-pattern", "inputs[0].validator")]),
        (r"{id: x, type: STRING, validator: '(?<year>\p{Digit}++)'}", []),
        ("{id: x, type: STRING, dependsOn: {inputs: [x]}}", [("input-cycle", "inputs[0].dependsOn")]),
        ("{id: x, type: STRING, dependsOn: {inputs: [xx]}}", [("unknown-input", "inputs[0].dependsOn.inputs[0]")]),
        ("{id: x, type: STRING, dependsOn: {inputs: [y]}}, {id: y, type: INT}", []),
        ("{id: x, type: DATE, after: 2024-05-01}, {id: y, type: TIME, before: 09:30}", []),
        ("{id: x, type: DATETIME, after: '2024-05-01T00:00:00Z'}", []),
        ("{id: x, type: DATE, after: '2024-05-01T00:00:00Z'}, {id: y, type: DATETIME, before: 1714557600}", []),
        ("{id: x, type: DATE, after: 2024-02-30}", [("wrong-type", "inputs[0].after")]),
        ("{id: x, type: DATETIME, after: '2024-05-01T00:00Z'}", [("wrong-type", "inputs[0].after")]),
        ("{id: x, type: DATE, after: soon}", [("wrong-type", "inputs[0].after")]),
        ("{id: x, type: NUMBER}", [("unknown-type", "inputs[0].type")]),
        ("{id: x}", [("missing-field", "inputs[0].type")]),
    ],
)
def test_inputs(inputs: str, expected: list[tuple[str, str]]) -> None:
    assert problems(f"inputs: [{inputs}]") == expected


def dag(*members: str) -> str:
    listed = ", ".join(
        f"{{task: {{id: {name}, type: {LOG}, message: m}}, dependsOn: [{needs}]}}"
        for name, _, needs in (member.partition(":") for member in members)
    )
    return tasks(f"{{id: d, type: {FLOW}.Dag, tasks: [{listed}]}}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (dag("x:", "y:x", "z:x, y"), []),
        (dag("x:z", "y:x", "z:y"), [("dag-cycle", "tasks[0]")]),
        (dag("x:x"), [("dag-cycle", "tasks[0]")]),
        (dag("x:nope"), [("dag-dependency", "tasks[0].tasks")]),
        (tasks(f"{{id: s, type: {FLOW}.Switch, value: x}}"), [("no-tasks", "tasks[0]")]),
        (tasks(f"{{id: s, type: {FLOW}.Switch, value: x, cases: {{a: []}}}}"), [("no-tasks", "tasks[0]")]),
        (
            tasks(f"{{id: s, type: {FLOW}.Switch, value: x, defaults: [{{id: t, type: {LOG}, message: m}}]}}"),
            [],
        ),
        (
            tasks(f"{{id: w, type: {FLOW}.WorkingDirectory, tasks: [{{id: t, type: {FLOW}.Sleep, duration: PT1S}}]}}"),
            [],
        ),
        (
            tasks(
                f"{{id: w, type: {FLOW}.WorkingDirectory, tasks: "
                "[{id: t, type: io.kestra.plugin.core.execution.Labels, labels: {a: b}}]}"
            ),
            [("not-runnable", "tasks[0].tasks[0].type")],
        ),
        (
            tasks(
                f"{{id: w, type: {FLOW}.WorkingDirectory, tasks: "
                f"[{{id: t, type: {LOG}, message: m, workerGroup: {{key: k}}}}]}}"
            ),
            [("worker-group", "tasks[0].tasks[0].workerGroup")],
        ),
        (tasks(f"{{id: s, type: {FLOW}.Subflow, namespace: b, flowId: a}}"), [("self-call", "tasks[0].flowId")]),
        (tasks(f"{{id: s, type: {FLOW}.Subflow, namespace: b, flowId: other}}"), []),
        (
            tasks(f"{{id: t, type: {LOG}, message: m}}") + f"errors:\n  - {{id: t, type: {LOG}, message: m}}\n",
            [("duplicate-id", "errors[0].id")],
        ),
        (
            tasks(f"{{id: s, type: {FLOW}.Subflow, namespace: b, flowId: c, labels: {{system.x: y}}}}"),
            [("system-label", "tasks[0].labels.system.x")],
        ),
    ],
)
def test_tasks(body: str, expected: list[tuple[str, str]]) -> None:
    assert problems(body) == expected


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        ("{type: constant, interval: PT1M, maxDuration: PT1M}", [("retry-limits", "retry.interval")]),
        ("{type: constant, interval: PT1M, maxDuration: PT2M}", []),
        ("{type: exponential, interval: PT2M, maxInterval: PT1M}", [("retry-limits", "retry.interval")]),
        (
            "{type: random, minInterval: PT1M, maxInterval: PT2M, maxDuration: PT1M}",
            [("retry-limits", "retry.maxInterval")],
        ),
        ("{type: constant}", [("missing-field", "retry.interval")]),
        ("{interval: PT1M}", [("missing-field", "retry.type")]),
        ("{type: linear, interval: PT1M}", [("unknown-type", "retry.type")]),
        ("{type: constant, interval: PT1M, maxAttempts: 0}", [("too-small", "retry.maxAttempts")]),
    ],
)
def test_retries(retry: str, expected: list[tuple[str, str]]) -> None:
    assert problems(f"retry: {retry}") == expected


def on_flow(preconditions: str) -> str:
    return f"{{id: x, type: {TRIGGER}.Flow, preconditions: {{id: p, {preconditions}}}}}"


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (f"{{id: x, type: {TRIGGER}.Schedule, cron: '0 2 * * *', timezone: Europe/Paris}}", []),
        (f"{{id: x, type: {TRIGGER}.Schedule, cron: '0 2 * * *', timezone: '+02:00'}}", []),
        (
            f"{{id: x, type: {TRIGGER}.Schedule, cron: '0 2 * * *', timezone: EST}}",
            [("bad-timezone", "triggers[0].timezone")],
        ),
        (
            f"{{id: x, type: {TRIGGER}.Schedule, cron: '0 2 * * *', timezone: Europe}}",
            [("bad-timezone", "triggers[0].timezone")],
        ),
        (f"{{id: x, type: {TRIGGER}.Schedule, cron: '0 0 2 * * *', withSeconds: true}}", []),
        (f"{{id: x, type: {TRIGGER}.Schedule, cron: '61 2 * * *'}}", [("bad-cron", "triggers[0].cron")]),
        (f"{{id: x, type: {TRIGGER}.Schedule}}", [("missing-field", "triggers[0].cron")]),
        (f"{{id: x, type: {TRIGGER}.Webhook, key: {'k' * 257}}}", [("length", "triggers[0].key")]),
        (
            f"{{id: x, type: {TRIGGER}.Webhook, key: k, conditions: [{MULTIPLE}]}}",
            [("webhook-condition", "triggers[0].conditions[0]")],
        ),
        (
            f"{{id: x, type: {TRIGGER}.Webhook, key: k, conditions: [{{type: {CONDITION}.Nope}}]}}",
            [("unknown-type", "triggers[0].conditions[0].type")],
        ),
        (on_flow("timeWindow: {type: DAILY_TIME_DEADLINE, deadline: '09:00:00'}"), []),
        (
            on_flow("timeWindow: {type: DAILY_TIME_DEADLINE, window: PT1H}"),
            [
                ("time-window", "triggers[0].preconditions.timeWindow"),
                ("time-window", "triggers[0].preconditions.timeWindow.window"),
            ],
        ),
        (
            on_flow("where: [{id: w, filters: [{field: FLOW_ID, type: EQUAL_TO, values: [a]}]}]"),
            [("filter-value", "triggers[0].preconditions.where[0].filters[0]")],
        ),
        (on_flow("where: [{id: w, filters: [{field: FLOW_ID, type: IN, values: [a]}]}]"), []),
        ("{id: x, type: io.kestra.plugin.jdbc.postgresql.Trigger, sql: x}", []),
        ("{id: x, type: io.kestra.plugin.core.log.Log, message: m}", [("unknown-type", "triggers[0].type")]),
        (f"{{id: x.y, type: {TRIGGER}.Webhook, key: k}}", [("pattern", "triggers[0].id")]),
    ],
)
def test_triggers(trigger: str, expected: list[tuple[str, str]]) -> None:
    assert problems(f"triggers:\n  - {trigger}\n") == expected


def test_a_flow_trigger_without_conditions_is_warned_of() -> None:
    found = problems(f"triggers:\n  - {{id: x, type: {TRIGGER}.Flow}}\n", Severity.WARNING)
    assert found == [("fires-for-everything", "triggers[0]")]


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("{{ inputs.my-key }}", "tasks[1].message"),
        ("a {{inputs.my-key}} b", "tasks[1].message"),
        ("{{ outputs.my-task.value }}", "tasks[1].message"),
        ("{{ inputs['my-key'] }}", None),
        ("{{ inputs.my - key }}", None),
        ("{{ inputs.other-key }}", None),
        ("inputs.my-key", None),
    ],
)
def test_a_dash_behind_a_dot(message: str, path: str | None) -> None:
    first, second = f"{{id: my-task, type: {LOG}, message: m}}", f'{{id: t, type: {LOG}, message: "{message}"}}'
    found = problems("inputs: [{id: my-key, type: STRING}]\n" + tasks(first, second))
    assert found == ([("dash-reference", path)] if path else [])


def test_an_sla_needs_the_property_of_its_type() -> None:
    assert problems("sla: [{id: s, type: MAX_DURATION, behavior: FAIL}]") == [("missing-field", "sla[0].duration")]
    assert problems("sla: [{id: s, type: EXECUTION_ASSERTION, behavior: FAIL, assert: x}]") == []


def test_names_that_are_tied_in_a_circle_or_behind_one() -> None:
    graph = {"a": ["b"], "b": ["a"], "c": ["a"], "d": [], "e": ["d", "unknown"]}
    assert tied(graph) == ["a", "b", "c"]
    assert cycle_through("a", graph) == ["a", "b"]
    assert cycle_through("c", graph) is None
