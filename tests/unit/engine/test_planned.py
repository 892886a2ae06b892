"""What does not run for real: tasks that fail on purpose, tasks that are mocked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.engine.start import replay
from flowrun.model.execution import Mock, PlannedFailure
from flowrun.model.retry import ConstantRetry, RetryBehavior
from flowrun.tasks.flow.for_each import ForEach
from flowrun.tasks.flow.if_ import If
from flowrun.tasks.flow.sequential import Sequential

GROUP = {"type": "test.Group"}
AGAIN = ConstantRetry(type="constant", interval=timedelta(seconds=5), max_attempts=3)
FAILS = PlannedFailure()


def messages(run: Driver) -> list[str]:
    return [one.message for one in run.run.error_logs]


def test_a_planned_failure_runs_no_body_and_has_its_handlers() -> None:
    run = Driver(flow(body("a"), body("b"), errors=[body("e")]), planned={"a": FAILS})
    assert list(run.running) == ["e"]
    assert messages(run) == ["planned failure (--fail)"]
    run.succeed("e")
    assert (run.state, run.states()) == ("FAILED", {"a": "FAILED", "e": "SUCCESS"})


def test_it_is_tolerated_as_any_failure() -> None:
    run = Driver(flow(body("a", allow_failure=True), body("b")), planned={"a": FAILS})
    assert run.states() == {"a": "WARNING", "b": "RUNNING"}


def test_it_is_tried_again_and_some_attempts_may_be_real() -> None:
    run = Driver(flow(body("a", retry=AGAIN)), planned={"a": PlannedFailure((1, 2))})
    for _ in range(2):
        assert not run.running
        run.wait()
    run.succeed("a")
    (a,) = run.run.execution.task_runs.values()
    assert [one.state.current.value for one in a.attempts] == ["FAILED", "FAILED", "SUCCESS"]


def test_attempts_are_counted_over_the_executions_of_a_row_of_retries() -> None:
    retry = replace(AGAIN, behavior=RetryBehavior.CREATE_NEW_EXECUTION)
    run = Driver(flow(body("a", retry=retry)), planned={"a": PlannedFailure((1,))})
    assert run.state == "RETRIED"
    successor, _ = replay(run.run.flow, run.run, now=run.now, attempt=2)
    assert Driver.restarted(run.run.flow, successor.execution).states() == {"a": "RUNNING"}


def test_a_restart_keeps_to_the_plan() -> None:
    run = Driver(flow(body("a"), body("b")), planned={"a": PlannedFailure((1,)), "b": Mock({"n": 1})})
    run = Driver.restarted(run.run.flow, run.run.execution)
    run.succeed("a")
    assert (run.state, run.run.outputs["b"]) == ("SUCCESS", {"n": 1})


def test_a_flowable_that_fails_on_purpose_has_no_children() -> None:
    group = Sequential(id="s", tasks=[body("a")], **GROUP)
    run = Driver(flow(group, errors=[body("e")]), planned={"s": FAILS})
    assert run.states() == {"s": "FAILED", "e": "RUNNING"}
    assert messages(run) == ["planned failure (--fail)"]


@pytest.mark.parametrize("outputs", [{}, {"value": {"deep": [1]}}])
def test_a_mock_ends_well_with_its_outputs(outputs: dict[str, object]) -> None:
    run = Driver(flow(body("a"), body("b")), planned={"a": Mock(outputs)})
    assert run.states() == {"a": "SUCCESS", "b": "RUNNING"}
    assert run.run.outputs["a"] == outputs


def test_a_mocked_flowable_has_no_children_and_computes_nothing() -> None:
    choice = If(id="if", condition="{{ nowhere }}", then=[body("a")], **GROUP)
    run = Driver(flow(choice, body("b")), planned={"if": Mock({"evaluationResult": True})})
    assert run.states() == {"if": "SUCCESS", "b": "RUNNING"}
    assert run.run.outputs["if"] == {"evaluationResult": True}


def test_a_mock_in_a_loop_stands_for_each_value() -> None:
    loop = ForEach(id="each", values=["x", "y"], tasks=[body("a"), body("b")], **GROUP)
    run = Driver(flow(loop), planned={"a": Mock({"n": 1})})
    run.succeed("b[x]")
    assert run.states() == {
        "each": "RUNNING",
        "a[x]": "SUCCESS",
        "b[x]": "SUCCESS",
        "a[y]": "SUCCESS",
        "b[y]": "RUNNING",
    }


@pytest.mark.parametrize("plan", [FAILS, Mock({"n": 1})])
@pytest.mark.parametrize(
    "task", [body("a", run_if="false"), Sequential(id="a", tasks=[body("x")], run_if="false", **GROUP)]
)
def test_what_is_skipped_follows_no_plan(task: object, plan: object) -> None:
    run = Driver(flow(task), planned={"a": plan})  # type: ignore[arg-type,dict-item]
    assert (run.state, run.states()) == ("SUCCESS", {"a": "SKIPPED"})
    assert not next(iter(run.run.execution.task_runs.values())).outputs


def test_many_mocks_in_a_row_need_no_stack() -> None:
    names = [f"t{number}" for number in range(3000)]
    run = Driver(flow(*map(body, names)), planned=dict.fromkeys(names, Mock({})))
    assert run.state == "SUCCESS"


def test_what_is_copied_stays_marked() -> None:
    old = Driver(flow(body("a"), body("b"), body("c")), planned={"a": Mock({}), "c": Mock({})})
    old.succeed("b")
    run = Driver.begun(old.run.flow, old.run.execution, "b")
    assert run.run.execution.planned == {"a": Mock({})}
    assert old.run.execution.planned.keys() == {"a", "c"}
