"""From a file to objects, and what is said about everything that does not fit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowrun.diagnostics import Severity
from flowrun.loading import Loaded, Source, load
from flowrun.model.inputs import DurationInput, FormInput, IntInput
from flowrun.model.retry import ConstantRetry, RandomRetry
from flowrun.tasks.registry import REGISTRY

HEAD = "id: a\nnamespace: b\n"
TASKS = "tasks:\n  - {id: t, type: io.kestra.plugin.core.log.Log, message: hi}\n"
TASK = "tasks:\n  - id: t\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"


def loaded(text: str) -> Loaded:
    return load(Source(text, "flow.yaml"), REGISTRY)


def flow(text: str) -> object:
    found = loaded(text)
    assert found.flow is not None, [each.message for each in found.diagnostics]
    return found.flow


def errors(text: str) -> list[tuple[str, str]]:
    return [(each.code, each.path) for each in loaded(text).diagnostics if each.severity is Severity.ERROR]


def test_a_minimal_flow_is_built() -> None:
    built = flow(HEAD + TASKS)
    assert (built.id, built.namespace) == ("a", "b")
    assert [(type(task).__name__, task.id, task.message) for task in built.tasks] == [("Log", "t", "hi")]


def test_an_id_may_be_a_number() -> None:
    assert flow("id: 2024\nnamespace: b\n" + TASKS).id == "2024"


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ('"true"', True), ("yes", True), ("1", True), ("0", False), ('"FALSE"', False), ("~", False)],
)
def test_a_boolean_is_read_as_the_server_reads_it(written: str, value: bool) -> None:
    assert flow(HEAD + TASKS + f"disabled: {written}\n").disabled is value


@pytest.mark.parametrize("written", ["perhaps", '"yes"', "[true]", "{a: b}"])
def test_what_is_no_boolean_is_refused(written: str) -> None:
    assert errors(HEAD + TASKS + f"disabled: {written}\n") == [("wrong-type", "disabled")]


@pytest.mark.parametrize(("written", "value"), [("5", 5), ('"5"', 5), ("0x10", 16), ("5.9", 5), ("010", 8)])
def test_a_number_is_read_as_the_server_reads_it(written: str, value: int) -> None:
    assert flow(HEAD + TASKS + f"concurrency: {{limit: {written}}}\n").concurrency.limit == value


@pytest.mark.parametrize("written", ["many", "true", "2147483648", "[1]", '"1_0"'])
def test_what_is_no_number_is_refused(written: str) -> None:
    assert errors(HEAD + TASKS + f"concurrency: {{limit: {written}}}\n") == [("wrong-type", "concurrency.limit")]


@pytest.mark.parametrize(("written", "seconds"), [("PT1M", 60), ("30", 30), ('"30"', 30), ("1.5", 1.5), ("P1D", 86400)])
def test_a_duration_is_iso_or_seconds(written: str, seconds: float) -> None:
    retry = flow(HEAD + TASKS + f"retry: {{type: constant, interval: {written}}}\n").retry
    assert retry == ConstantRetry(type="constant", interval=timedelta(seconds=seconds))


@pytest.mark.parametrize("written", ["soon", "true", "[1]", "1h", "99999999999999"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    assert errors(HEAD + TASKS + f"retry: {{type: constant, interval: {written}}}\n") == [
        ("wrong-type", "retry.interval")
    ]


def test_a_list_is_not_made_of_a_single_value() -> None:
    assert errors(HEAD + "tasks: {id: t}\n") == [("wrong-type", "tasks")]
    assert errors(HEAD + TASKS + "inputs: x\n") == [("wrong-type", "inputs")]


def test_an_empty_item_of_a_task_list_is_refused() -> None:
    assert errors(HEAD + TASKS + "  -\n") == [("wrong-type", "tasks[1]")]


def test_a_templated_property_is_kept_as_written() -> None:
    text = HEAD + "tasks:\n  - {id: t, type: io.kestra.plugin.core.debug.Return, format: %s}\n"
    assert [flow(text % written).tasks[0].format for written in ("010", "'010'", "1e3", "[1, x]", "{a: yes}")] == [
        "8", "010", "1000.0", [1, "x"], {"a": True},
    ]  # fmt: skip


def test_inputs_and_retries_are_picked_by_their_type() -> None:
    built = flow(
        HEAD + TASKS + "inputs:\n  - {id: n, type: INT, min: 1}\n  - {name: d, type: DURATION, max: PT1H}\n"
        "  - {id: f, type: FORM, inputs: [{id: x, type: STRING}]}\n"
        "retry: {type: random, minInterval: PT1S, maxInterval: PT2S, maxAttempt: 3}\n"
    )
    assert [type(each) for each in built.inputs] == [IntInput, DurationInput, FormInput]
    assert (built.inputs[0].min, built.inputs[1].id, built.inputs[1].max) == (1, "d", timedelta(hours=1))
    assert isinstance(built.retry, RandomRetry)
    assert built.retry.max_attempts == 3


def test_labels_in_both_spellings_become_the_same_dict() -> None:
    as_map = flow(HEAD + TASKS + "labels: {team: data, n: 010, b: yes}\n").labels
    as_list = flow(
        HEAD + TASKS + "labels: [{key: team, value: x}, {key: team, value: data}, {key: n, value: 8}]\n"
    ).labels
    assert as_map == {"team": "data", "n": "8", "b": "true"}
    assert as_list == {"team": "data", "n": "8"}


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ("{k: [1]}", ("label-type", "labels.k")), ("{k: ''}", ("label-empty", "labels.k")),
        ("{k: ~}", ("label-empty", "labels.k")), ("[{key: k}]", ("label-empty", "labels[0]")),
        ("[{value: v}]", ("label-empty", "labels[0]")),
        ("[x]", ("wrong-type", "labels[0]")), ("text", ("wrong-type", "labels")),
        ("{system.mine: x}", ("system-label", "labels.system.mine")), ("{Team: x}", ("label-key", "labels.Team")),
        ("{'': x}", ("label-key", "labels.")),
        ("{a b: x}", ("label-key", "labels.a b")), ("[{key: 1, value: v}]", ("label-key", "labels.1")),
    ],
)  # fmt: skip
def test_bad_labels_are_refused(labels: str, problem: tuple[str, str]) -> None:
    assert errors(HEAD + TASKS + f"labels: {labels}\n") == [problem]


def test_every_problem_is_reported_in_one_pass_in_the_order_of_the_file() -> None:
    text = "id: my flow\ntasks:\n  - {id: a.b, type: io.kestra.plugin.core.log.Log}\n  - {id: c, type: com.example.X}\nx: 1\n"
    assert [code for code, _ in errors(text)] == [
        "pattern", "missing-field", "pattern", "missing-field", "unknown-type", "unknown-field",
    ]  # fmt: skip


def test_the_servers_first_sentence_is_one_of_parsing() -> None:
    text = "id: my flow\nnamespace: b\n" + TASK + "    mesage: hi\n"
    assert 'Unrecognized field "mesage" (class io.kestra.plugin.core.log.Log)' in loaded(text).sentence
    assert loaded("id: my flow\nnamespace: b\n" + TASKS).sentence == 'id: must match "^[a-zA-Z0-9][a-zA-Z0-9._-]*"'
    assert loaded(HEAD + TASKS).sentence == ""


def test_an_unknown_field_names_the_one_that_was_meant_and_nothing_else() -> None:
    found = loaded(HEAD + TASK.replace("message", "mesage")).diagnostics
    assert [(each.code, each.hint) for each in found] == [("unknown-field", "did you mean `message`?")]


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("io.kestra.plugin.core.log.Logg", Severity.ERROR),
        ("io.kestra.core.tasks.log.Logg", Severity.ERROR),
        ("com.example.Task", Severity.ERROR),
        ("io.kestra.plugin.aws.s3.List", Severity.NOTE),
        ("io.kestra.plugin.jdbc.postgresql.Query", Severity.NOTE),
    ],
)
def test_a_type_is_judged_by_its_package(name: str, severity: Severity) -> None:
    found = loaded(HEAD + f"tasks:\n  - {{id: t, type: {name}, anything: goes}}\n").diagnostics
    assert [each.severity for each in found] == [severity]


def test_the_common_properties_of_a_type_that_is_not_ours_are_checked() -> None:
    text = HEAD + "tasks:\n  - {id: t, type: io.kestra.plugin.core.http.Request, uri: x, disabled: maybe}\n"
    assert errors(text) == [("wrong-type", "tasks[0].disabled")]


def test_a_task_of_a_type_that_is_not_ours_needs_its_id() -> None:
    text = HEAD + "tasks:\n  - {idd: t, type: io.kestra.plugin.jdbc.mysql.Query}\n"
    assert errors(text) == [("missing-field", "tasks[0].id")]


def test_a_path_of_the_flow_leads_to_its_place() -> None:
    found = loaded(HEAD + TASK)
    assert found.span("tasks[0].message") == found.span("tasks[0].message")
    span = found.span("tasks[0].message")
    assert span is not None
    assert (span.line, span.column, span.end_column) == (6, 14, 16)
    assert found.span("tasks[1]") is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "text", "- id: a\n", "--- \n...\n", "*a", "~"])
def test_what_is_no_map_is_no_flow(text: str) -> None:
    assert [code for code, _ in errors(text)] == ["no-flow"]


def test_a_byte_order_mark_moves_nothing() -> None:
    span = loaded("\ufeff" + HEAD + TASKS).span("id")
    assert span is not None
    assert (span.line, span.column) == (1, 5)


@pytest.mark.parametrize(
    "properties",
    [
        "type: io.kestra.plugin.core.http.Request, uri: x, options: {connectTimeout: '', maxContentLength: ''}",
        "type: io.kestra.plugin.core.execution.Assert, conditions: []",
    ],
)
def test_what_the_server_takes_as_nothing_is_accepted(properties: str) -> None:
    assert errors(f"{HEAD}tasks:\n  - {{id: t, {properties}}}\n") == []


def test_an_object_by_type_has_the_properties_of_that_type() -> None:
    auth = "type: io.kestra.plugin.core.http.Request, uri: x, options: {auth: {type: BEARER, username: me}}"
    assert errors(f"{HEAD}tasks:\n  - {{id: t, {auth}}}\n") == [
        ("unknown-field", "tasks[0].options.auth.username"),
    ]
