"""A kill: nothing new starts, what runs is told and waited for, `afterExecution` still runs (flow reference, 10.6)."""

from __future__ import annotations

from datetime import timedelta

from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import Abort, Kill
from flowrun.model.events import ExecutionStateChanged
from flowrun.model.flow import Concurrency, Output
from flowrun.model.retry import ConstantRetry
from flowrun.model.state import StateType
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.sequential import Sequential

GROUP = {"type": "test.Group"}


def history(run: Driver) -> list[str]:
    return [state.value for state, _ in run.run.execution.state.histories]


def test_a_kill_waits_for_the_body_before_after_execution_starts() -> None:
    run = Driver(flow(body("a"), errors=[body("e")], finally_=[body("f")], after_execution=[body("last")]))
    run.send(Kill())
    assert run.states() == {"a": "RUNNING"}
    assert run.state == "KILLING"
    run.gone("a")
    assert run.states() == {"a": "KILLED", "last": "RUNNING"}
    run.succeed("last")
    assert run.run.finished
    assert history(run) == ["CREATED", "RUNNING", "KILLING", "KILLED"]


def test_the_flowables_around_a_killed_body_are_killed_too_and_start_nothing() -> None:
    inner = Sequential(id="inner", tasks=[body("a"), body("next")], **GROUP)
    run = Driver(flow(Parallel(id="fan", tasks=[inner, body("b")], **GROUP)))
    run.send(Kill())
    run.gone("b")
    assert run.states()["fan"] == "RUNNING"
    run.gone("a")
    assert run.states() == {"fan": "KILLED", "inner": "KILLED", "a": "KILLED", "b": "KILLED"}
    assert run.run.finished


def test_a_body_that_ended_before_the_kill_reached_it_keeps_its_result() -> None:
    run = Driver(flow(body("a"), body("b")))
    run.send(Kill())
    run.running["a"] = run.cancelled.pop("a")
    run.succeed("a", {"n": 1})
    assert run.states() == {"a": "SUCCESS"}
    assert run.state == "KILLED"


def test_a_task_that_waits_for_its_next_try_is_killed_at_once() -> None:
    again = ConstantRetry(type="constant", interval=timedelta(seconds=5))
    run = Driver(flow(body("a", retry=again)))
    run.fail("a")
    run.send(Kill())
    assert run.states() == {"a": "KILLED"}
    assert run.run.finished


def test_a_body_that_fails_under_a_kill_is_not_tried_again() -> None:
    again = ConstantRetry(type="constant", interval=timedelta(seconds=5))
    run = Driver(flow(body("a", retry=again)))
    run.send(Kill())
    run.running["a"] = run.cancelled.pop("a")
    run.fail("a")
    assert run.states() == {"a": "FAILED"}
    assert run.state == "KILLED"


def test_a_queued_execution_is_killed_directly() -> None:
    run = Driver(flow(body("a"), concurrency=Concurrency(limit=1)), blocked=1)
    run.send(Kill())
    assert history(run) == ["CREATED", "QUEUED", "KILLED"]
    assert run.run.finished


def test_a_killed_execution_has_no_outputs() -> None:
    run = Driver(flow(body("a"), outputs=[Output(id="x", type="STRING", value="{{ outputs.a.n }}")]))
    run.send(Kill())
    run.gone("a")
    assert run.state == "KILLED"


def test_a_kill_in_after_execution_cuts_it_short_and_keeps_the_state() -> None:
    run = Driver(flow(body("a"), after_execution=[body("last"), body("never")]))
    run.succeed("a")
    run.send(Kill())
    run.gone("last")
    assert run.states() == {"a": "SUCCESS", "last": "KILLED"}
    assert run.state == "SUCCESS"
    assert run.run.finished


def test_a_second_kill_changes_nothing() -> None:
    run = Driver(flow(body("a")))
    run.send(Kill())
    assert run.send(Kill()) == []


def test_an_abort_ends_everything_at_once_without_after_execution() -> None:
    run = Driver(flow(Sequential(id="seq", tasks=[body("a")], **GROUP), after_execution=[body("last")]))
    run.send(Abort())
    assert run.states() == {"seq": "KILLED", "a": "KILLED"}
    assert run.run.finished
    assert run.events[-1] == ExecutionStateChanged(run.now, StateType.KILLED)
