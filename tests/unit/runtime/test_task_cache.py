"""`taskCache`: a body does not run while its outputs are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.tasks.test_executions import Runner, messages, outputs

if TYPE_CHECKING:
    from pathlib import Path

UPLOADED = "Uploading a cache entry for task 'c'"
SKIPPED = "Skipping task execution for task 'c' as there is an existing cache entry for it"
RETURN = "type: $CORE.debug.Return, format: x"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "home", tmp_path)


def passes(task: str, *, times: int = 2, cache: str = "{enabled: true}", before: str = "") -> str:
    """A flow whose loop runs a task, with an hour between two passes."""
    return (
        "tasks:\n  - id: poll\n    type: $CORE.flow.LoopUntil\n    condition: '{{ false }}'\n"
        f"    checkFrequency: {{interval: PT1H, maxIterations: {times}}}\n    tasks:\n{before}"
        f"      - {{id: c, {task}, taskCache: {cache}}}\n"
    )


def about_cache(document: dict[str, Any]) -> list[str]:
    return [one for one in messages(document, "INFO") if "cache" in one]


def test_the_second_pass_has_the_outputs_of_the_first(runner: Runner) -> None:
    document = runner.run(passes(RETURN))
    assert about_cache(document) == [UPLOADED, SKIPPED]
    assert outputs(document, "c") == {"value": "x"}


def test_the_next_execution_has_them_too_where_there_is_a_store(runner: Runner, tmp_path: Path) -> None:
    text = "tasks: [{id: c, type: $CORE.debug.Return, format: x, taskCache: {enabled: true}}]"
    assert about_cache(runner.run(text)) == [UPLOADED]
    assert about_cache(runner.run(text)) == [SKIPPED]
    unkept = Runner(None, tmp_path)
    assert about_cache(unkept.run(text)) == [UPLOADED]
    assert about_cache(unkept.run(text)) == [UPLOADED]


@pytest.mark.parametrize(("ttl", "last"), [("PT2H", SKIPPED), ("PT30M", UPLOADED), ("PT0S", UPLOADED)])
def test_they_grow_old_by_the_clock_of_the_run(runner: Runner, ttl: str, last: str) -> None:
    document = runner.run(passes(RETURN, cache=f"{{enabled: true, ttl: {ttl}}}"))
    assert about_cache(document) == [UPLOADED, last]


@pytest.mark.parametrize("message", ["{{ taskrun.id }}", "{{ execution.id }} {{ taskrun.startDate }}"])
def test_a_property_that_renders_to_something_else_makes_another_entry(runner: Runner, message: str) -> None:
    document = runner.run(passes(f"type: $CORE.log.Log, message: '{message}'"))
    assert about_cache(document) == [UPLOADED, UPLOADED]


def test_each_loop_value_and_each_task_has_its_own(runner: Runner) -> None:
    document = runner.run("""
tasks:
  - id: each
    type: $CORE.flow.ForEach
    values: [a, b]
    tasks: [{id: c, type: $CORE.debug.Return, format: x, taskCache: {enabled: true}}]
  - {id: d, type: $CORE.debug.Return, format: x, taskCache: {enabled: true}}
""")
    assert about_cache(document) == [UPLOADED, UPLOADED, UPLOADED.replace("'c'", "'d'")]


def test_a_failure_that_is_allowed_is_kept_and_is_a_success_then(runner: Runner) -> None:
    document = runner.run(passes("type: $CORE.execution.Fail, allowFailure: true"))
    assert about_cache(document) == [UPLOADED, SKIPPED]
    assert document["taskRunList"][1]["state"]["current"] == "SUCCESS"


def test_an_attempt_that_is_tried_again_keeps_nothing(runner: Runner) -> None:
    retry = "retry: {type: constant, interval: PT1S, maxAttempts: 3}"
    document = runner.run(
        f"tasks: [{{id: c, type: $CORE.execution.Fail, allowFailure: true, {retry}, taskCache: {{enabled: true}}}}]"
    )
    assert len(document["taskRunList"][0]["attempts"]) == 3
    assert about_cache(document) == [UPLOADED]


@pytest.mark.parametrize(
    ("task", "cache"),
    [
        ("type: $CORE.execution.Fail", "{enabled: true}"),
        ("type: $CORE.execution.Labels, labels: {a: b}", "{enabled: true}"),
        ("type: $CORE.flow.Sleep, duration: PT1S", "{enabled: true}"),
        (RETURN, "{enabled: false}"),
    ],
)
def test_what_fails_and_what_the_engine_does_itself_is_not_kept(runner: Runner, task: str, cache: str) -> None:
    assert about_cache(runner.run(f"tasks: [{{id: c, {task}, taskCache: {cache}}}]")) == []


def test_properties_that_cannot_be_rendered_have_no_key(runner: Runner) -> None:
    document = runner.run("tasks: [{id: c, type: $CORE.log.Log, message: '{{ nope }}', taskCache: {enabled: true}}]")
    reason = "Unable to find `nope` used in the expression `{{ nope }}` at line 1"
    assert messages(document) == ["Unable to create the cache key for the task 'c'", reason]


def test_a_templated_task_keeps_the_outputs_of_its_inner_one(runner: Runner) -> None:
    spec = 'spec: "type: $CORE.debug.Return\\nformat: x"'
    document = runner.run(passes(f"type: $CORE.templating.TemplatedTask, {spec}"))
    assert about_cache(document) == [UPLOADED, SKIPPED]
    assert outputs(document, "c") == {"value": "x"}


def test_an_entry_that_somebody_has_damaged_is_none(runner: Runner) -> None:
    text = "tasks: [{id: c, type: $CORE.debug.Return, format: x, taskCache: {enabled: true}}]"
    runner.run(text)
    assert runner.home
    (entry,) = runner.home.glob("storage/a/b/f/c/cache/*/outputs.json")
    for damaged in (b"\xff", b"{", b"[]", b"{}", b'{"at": 1, "outputs": 2}'):
        entry.write_bytes(damaged)
        document = runner.run(text)
        assert (about_cache(document), outputs(document, "c")) == ([UPLOADED], {"value": "x"})


def test_where_nothing_can_be_written_the_task_goes_on(runner: Runner) -> None:
    assert runner.home
    place = runner.home / "storage" / "a" / "b" / "f"
    place.parent.mkdir(parents=True)
    place.write_text("no folder")
    document = runner.run("tasks: [{id: c, type: $CORE.debug.Return, format: x, taskCache: {enabled: true}}]")
    assert document["state"]["current"] == "SUCCESS"
    assert messages(document) == ["Unable to upload the cache entry for task 'c': Not a directory"]
