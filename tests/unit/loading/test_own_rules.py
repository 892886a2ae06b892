"""Rules beyond the server's: what they leave alone. docs/rules.md has an example that each is reported for."""

from __future__ import annotations

import pytest

from flowrun.loading import Source, load
from flowrun.loading.cron import never_fires
from flowrun.tasks.registry import REGISTRY

CORE = "io.kestra.plugin.core."
LOG = f"{CORE}log.Log"
INPUT = "inputs: [{id: x, type: STRING}]\n"


def codes(body: str, tasks: str = f"  - {{id: last, type: {LOG}, message: hi}}\n") -> list[str]:
    text = f"id: a\nnamespace: b\n{body}tasks:\n{tasks}"
    return [one.code for one in load(Source(text, "f"), REGISTRY).diagnostics]


def log(message: str) -> str:
    return f'  - {{id: last, type: {LOG}, message: "{message}"}}\n'


@pytest.mark.parametrize(
    ("body", "tasks"),
    [
        (INPUT, log("{{ inputs }}")),
        (INPUT, log("{{ inputs['x'] }}")),
        (INPUT, log("{{ inputs[vars.name] }}") + "variables: {name: x}\n"),
        (INPUT, log("{{ printContext() }}")),
        (INPUT + "variables: {text: 'Hello {{ inputs.x }}'}\n", log("{{ render(vars.text) }}")),
        ("inputs: [{id: x, type: STRING}, {id: y, type: STRING, dependsOn: {inputs: [x]}}]\n", log("{{ inputs.y }}")),
        ("inputs: [{id: db.host, type: STRING}]\n", log("{{ inputs.db }} {{ inputs.db.host }}")),
    ],
)
def test_an_input_that_may_be_read_counts_as_used(body: str, tasks: str) -> None:
    assert codes(body, tasks) == []


def end(properties: str = "") -> str:
    return f"  - {{id: stop, type: {CORE}execution.Fail{properties}}}\n" + log("hi")


@pytest.mark.parametrize("properties", [", allowFailure: true", ", runIf: '{{ flow.id }}'", ", disabled: true"])
def test_what_stands_behind_an_end_that_may_be_passed_is_reachable(properties: str) -> None:
    assert codes("", end(properties)) == []
    assert codes("", end()) == ["unreachable-task"]


@pytest.mark.parametrize("key", ["errors", "finally", "afterExecution"])
def test_a_list_beside_the_tasks_goes_on_behind_a_task_that_fails(key: str) -> None:
    inner = end().replace("  - ", "      - ")
    group = f"  - id: all\n    type: {CORE}flow.Sequential\n    tasks:\n{inner}"
    assert codes(f"{key}:\n{end()}", log("hi").replace("last", "first")) == []
    assert codes(f"{key}:\n{group}", log("hi").replace("last", "first")) == ["unreachable-task"]


@pytest.mark.parametrize(("key", "expected"), [("errors", 1), ("finally", 1), ("afterExecution", 0)])
def test_an_exit_ends_what_has_not_ended(key: str, expected: int) -> None:
    leave = end().replace("Fail", "Exit")
    assert codes(f"{key}:\n{leave}", log("hi").replace("last", "first")) == ["unreachable-task"] * expected


def test_tasks_side_by_side_do_not_stand_behind_each_other() -> None:
    inner = end().replace("  - ", "      - ")
    assert codes("", f"  - id: all\n    type: {CORE}flow.Parallel\n    tasks:\n{inner}") == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 30 2 *", True),
        ("0 0 31 4,6 *", True),
        ("0 0 29 2 *", False),
        ("0 0 31 * *", False),
        ("0 0 30 2 1", False),
        ("0 0 30-31 FEB *", True),
        ("0 0 */5 2 *", False),
        ("0 0 0 31 11 *", True),
        ("@daily", False),
    ],
)
def test_a_date_that_no_month_has(expression: str, *, expected: bool) -> None:
    assert never_fires(expression) is expected


@pytest.mark.parametrize(
    "task",
    [
        "password: ''",
        "password: changeme",
        "password: '{{ secret(''DB'') }}'",
        "secretName: db-password",
        "tokenUrl: https://example.com/token",
        "url: jdbc:postgresql://db:5432/x",
        "text: my password is nice",
        "passwordPolicy: strict",
    ],
)
def test_what_is_no_secret_is_left_alone(task: str) -> None:
    found = codes("", f"  - {{id: q, type: io.kestra.plugin.jdbc.mysql.Query, {task}}}\n")
    assert found == ["plugin-type"]


@pytest.mark.parametrize(
    "task",
    [
        "apiKey: abc123def",
        "client_secret: abc123def",
        "env: {AWS_SECRET_ACCESS_KEY: abc123def}",
        "text: AKIAIOSFODNN7EXAMPLE",
        "url: https://ann:hunter2@example.com/",
        "text: 'ghp_0123456789012345678901234567890123456'",
    ],
)
def test_what_looks_like_a_secret_is_reported_without_its_value(task: str) -> None:
    text = f"id: a\nnamespace: b\ntasks:\n  - {{id: q, type: io.kestra.plugin.jdbc.mysql.Query, {task}}}\n"
    found = load(Source(text, "f"), REGISTRY).diagnostics
    (problem,) = [one for one in found if one.code == "plain-text-secret"]
    value = task.partition(": ")[2].strip("'")
    assert value not in problem.message


def test_an_old_name_of_a_property_is_deprecated() -> None:
    assert codes("inputs: [{name: x, type: STRING}]\n", log("{{ inputs.x }}")) == ["deprecated"]


def test_what_has_no_path_is_reported_beside_what_the_server_refuses() -> None:
    variables = "variables: {first: &shared 1, second: *shared, second: 2}\n"
    assert {"duplicate-key", "alias-as-text"} <= set(codes(variables))
