"""What an execution does that finds no free slot (flow reference, 10.1)."""

from __future__ import annotations

from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import SlotGranted
from flowrun.model.events import LogWritten
from flowrun.model.flow import Concurrency, ConcurrencyBehavior, Flow, Output


def limited(behavior: ConcurrencyBehavior) -> Flow:
    return flow(
        body("a"),
        errors=[body("e")],
        finally_=[body("f")],
        after_execution=[body("last")],
        outputs=[Output(id="x", type="STRING", value="{{ outputs.a.n }}")],
        concurrency=Concurrency(limit=2, behavior=behavior),
    )


def lines(run: Driver) -> list[tuple[str, str]]:
    return [(one.entry.level.value, one.entry.message) for one in run.events if isinstance(one, LogWritten)]


def history(run: Driver) -> list[str]:
    return [state.value for state, _ in run.run.execution.state.histories]


def test_with_a_free_slot_it_runs() -> None:
    assert Driver(limited(ConcurrencyBehavior.FAIL)).states() == {"a": "RUNNING"}


def test_queue_waits_for_its_turn_and_then_runs() -> None:
    run = Driver(limited(ConcurrencyBehavior.QUEUE), blocked=2)
    assert run.awaits_slot
    assert run.states() == {}
    assert lines(run) == [("INFO", "Execution is queued due to concurrency limit exceeded, 2 running(s)")]
    run.send(SlotGranted())
    assert run.states() == {"a": "RUNNING"}
    assert history(run) == ["CREATED", "QUEUED", "RUNNING"]


def test_cancel_runs_nothing_but_after_execution() -> None:
    run = Driver(limited(ConcurrencyBehavior.CANCEL), blocked=2)
    assert run.states() == {"last": "RUNNING"}
    assert history(run) == ["CREATED", "CANCELLED"]
    assert lines(run) == []


def test_fail_says_why_and_runs_nothing_but_after_execution() -> None:
    run = Driver(limited(ConcurrencyBehavior.FAIL), blocked=2)
    assert run.states() == {"last": "RUNNING"}
    assert history(run) == ["CREATED", "FAILED"]
    assert lines(run) == [("ERROR", "Execution is FAILED due to concurrency limit exceeded")]
    run.succeed("last")
    assert run.run.finished
