"""Promises that are watched, and checks before the start (flow reference, 10.2 and 10.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import BodySucceeded
from flowrun.errors import StartRefused
from flowrun.model.events import LogWritten
from flowrun.model.flow import Check, CheckBehavior, Sla, SlaBehavior, SlaType
from flowrun.model.task import ExecutionChange
from flowrun.tasks.flow.sequential import Sequential


def in_time(behavior: SlaBehavior, **more: Any) -> Sla:
    return Sla(id="quick", type=SlaType.MAX_DURATION, behavior=behavior, duration=timedelta(seconds=2), **more)


def asserted(behavior: SlaBehavior) -> Sla:
    return Sla(id="right", type=SlaType.EXECUTION_ASSERTION, behavior=behavior, assert_="{{ vars.n == 1 }}")


def lines(driver: Driver) -> list[tuple[str, str]]:
    return [(one.entry.level.value, one.entry.message) for one in driver.events if isinstance(one, LogWritten)]


@pytest.mark.parametrize(("behavior", "state"), [(SlaBehavior.FAIL, "FAILED"), (SlaBehavior.CANCEL, "CANCELLED")])
def test_an_execution_that_takes_too_long_ends_with_all_that_is_in_it(behavior: SlaBehavior, state: str) -> None:
    inner = Sequential(id="seq", type="test.Sequential", tasks=[body("a"), body("b")])
    driver = Driver(
        flow(inner, sla=[in_time(behavior, labels={"late": "yes"})], errors=[body("e")], finally_=[body("f")])
    )
    driver.wait()
    assert driver.states() == {"seq": state, "a": state}
    assert driver.state == state
    assert driver.run.execution.labels["late"] == "yes"
    assert list(driver.cancelled) == ["a"]


def test_the_log_says_how_long_it_took() -> None:
    driver = Driver(flow(body("a"), sla=[in_time(SlaBehavior.FAIL)]))
    driver.wait()
    reason = "SLA 'quick' violated: execution duration of PT2.000001S exceed the maximum duration of PT2S."
    assert lines(driver) == [("WARN", reason), ("ERROR", f"Execution failed due to {reason}")]


def test_a_promise_that_only_warns_lets_the_execution_go_on() -> None:
    driver = Driver(flow(body("a"), sla=[in_time(SlaBehavior.NONE)]))
    driver.wait()
    driver.succeed("a")
    assert driver.state == "SUCCESS"


def test_what_does_not_hold_at_the_start_lets_nothing_begin() -> None:
    driver = Driver(flow(body("a"), sla=[asserted(SlaBehavior.FAIL)], variables={"n": 2}, after_execution=[body("z")]))
    assert driver.states() == {"z": "RUNNING"}
    assert driver.state == "FAILED"


def test_an_assertion_is_looked_at_after_every_change() -> None:
    driver = Driver(flow(body("a"), body("b"), sla=[asserted(SlaBehavior.CANCEL)], variables={"n": 1}))
    command = driver.running.pop("a")
    change = ExecutionChange(variables={"n": 2})
    driver.send(BodySucceeded(command.task_run_id, command.attempt, change=change))
    assert driver.states() == {"a": "SUCCESS", "b": "CANCELLED"}
    assert driver.state == "CANCELLED"


def test_an_assertion_that_cannot_be_rendered_is_ignored_with_a_word() -> None:
    driver = Driver(flow(body("a"), sla=[asserted(SlaBehavior.FAIL)]))
    driver.succeed("a")
    assert driver.state == "SUCCESS"
    assert [level for level, text in lines(driver) if text.startswith("Ignoring SLA 'right'")] == ["ERROR"]


def check(behavior: CheckBehavior, condition: str = "{{ false }}") -> Check:
    return Check(condition=condition, message=f"no {behavior.value}", behavior=behavior)


def test_a_check_may_forbid_the_start() -> None:
    checks = [check(CheckBehavior.BLOCK_EXECUTION), check(CheckBehavior.CREATE_EXECUTION)]
    with pytest.raises(StartRefused, match=r"(?s)Flow execution blocked.*Failed checks: no BLOCK_.*, no CREATE_"):
        Driver(flow(body("a"), checks=checks))


def test_a_check_may_fail_the_execution_before_it_begins() -> None:
    driver = Driver(flow(body("a"), checks=[check(CheckBehavior.FAIL_EXECUTION)], errors=[body("e")]))
    assert (driver.state, driver.states()) == ("FAILED", {})


def test_a_check_may_be_told_and_nothing_more() -> None:
    driver = Driver(flow(body("a"), checks=[check(CheckBehavior.CREATE_EXECUTION)]))
    assert [one.message for one in driver.run.failed_checks] == ["no CREATE_EXECUTION"]
    assert list(driver.running) == ["a"]


def test_a_check_that_cannot_be_rendered_forbids_the_start() -> None:
    with pytest.raises(StartRefused, match=r"Failed to evaluate check condition\. Cause: Unable to find `nope`"):
        Driver(flow(body("a"), checks=[check(CheckBehavior.CREATE_EXECUTION, "{{ nope }}")]))
