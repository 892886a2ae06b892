"""TemplatedTask: a task that a template writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.tasks.test_executions import Runner, messages, outputs

if TYPE_CHECKING:
    from pathlib import Path

JACKSON = "com.fasterxml.jackson."


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "home", tmp_path)


def templated(spec: str, **more: str) -> str:
    """A flow with one such task; `spec` is the YAML of the inner one."""
    inner = "".join(f"      {line}\n" for line in spec.splitlines())
    properties = "".join(f"    {key}: {value}\n" for key, value in more.items())
    return f"tasks:\n  - id: made\n    type: $CORE.templating.TemplatedTask\n{properties}    spec: |\n{inner}"


@pytest.mark.parametrize(
    "spec",
    [
        "id: inner\ntype: $CORE.debug.Return\nformat: '{{ task.id }} of {{ flow.id }}'",
        "type: $CORE.debug.Return\nformat: '{% raw %}{{ task.id }} of {{ flow.id }}{% endraw %}'",
        "id: '!!'\ntype: $CORE.debug.Return\nformat: made of f\nrunIf: 'false'\ntimeout: soon\n---\nid: other",
    ],
)
def test_the_body_of_the_inner_task_runs_as_the_outer_one(runner: Runner, spec: str) -> None:
    assert outputs(runner.run(templated(spec)), "made") == {"value": "made of f"}


@pytest.mark.parametrize(
    "spec",
    [
        "type: $CORE.flow.Sequential\ntasks: [{id: a, type: $CORE.log.Log, message: a}]",
        "type: $CORE.flow.Subflow\nnamespace: a\nflowId: b",
        "type: $CORE.execution.Labels\nlabels: {a: b}",
        "type: $CORE.execution.Exit",
        "hello",
        "- a",
    ],
)
def test_only_the_body_of_a_runnable_task_can_run(runner: Runner, spec: str) -> None:
    assert messages(runner.run(templated(spec))) == ["The templated task must be a runnable task"]


def test_a_templated_task_makes_no_other(runner: Runner) -> None:
    document = runner.run(templated("type: $CORE.templating.TemplatedTask\nspec: hi"))
    name = "io.kestra.plugin.core.templating.TemplatedTask"
    assert messages(document) == [f"The templated task cannot be of type '{name}'"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("type: [", f"{JACKSON}dataformat.yaml.snakeyaml.error.MarkedYAMLException: "),
        ("id: x", f"{JACKSON}databind.exc.InvalidTypeIdException: Could not resolve type id '<null>' as a subtype"),
        (
            "type: io.kestra.no.No",
            f"{JACKSON}databind.exc.InvalidTypeIdException: Could not resolve type id 'io.kestra.no.No'",
        ),
        ("id: x\nid: y\ntype: a", f"{JACKSON}core.JsonParseException: Duplicate field 'id'"),
        (
            "type: $CORE.log.Log\nmessage: hi\nmesage: hi",
            f'{JACKSON}databind.exc.UnrecognizedPropertyException: Unrecognized field "mesage" (class io.kestra.plugin.core.log.Log)',
        ),
        ("type: $CORE.log.Log", "`message` is missing in task `made`"),
        ("{{ '' }}", f"{JACKSON}databind.exc.MismatchedInputException: No content to map due to end-of-input"),
        ("type: io.kestra.plugin.aws.s3.Copy", "flowrun can't run this type yet: io.kestra.plugin.aws.s3.Copy"),
        ("type: []", ""),
    ],
)
def test_what_is_no_task_fails_with_the_words_of_the_parser(runner: Runner, spec: str, message: str) -> None:
    (found,) = messages(runner.run(templated(spec)))
    assert found.startswith(message)


def test_retry_and_allow_failure_of_the_inner_task_say_nothing(runner: Runner) -> None:
    inner = "type: $CORE.execution.Fail\nallowFailure: true\nretry: {type: constant, interval: PT1S, maxAttempts: 3}"
    document = runner.run(templated(inner))
    assert document["state"]["current"] == "FAILED"
    assert len(document["taskRunList"][0]["attempts"]) == 1
    document = runner.run(
        templated("type: $CORE.execution.Fail", retry="{type: constant, interval: PT1S, maxAttempts: 3}")
    )
    assert len(document["taskRunList"][0]["attempts"]) == 3


def test_the_inner_task_may_wait_and_may_ask_for_executions(runner: Runner) -> None:
    document = runner.run(templated("type: $CORE.flow.Sleep\nduration: PT1H"))
    assert document["state"]["current"] == "SUCCESS"
    assert messages(document, "INFO") == ["Waiting for PT1H"]
    document = runner.run(templated("type: $CORE.log.Fetch"))
    assert outputs(document, "made")["size"] == 0
