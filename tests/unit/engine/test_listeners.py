"""Listeners: the older way to run tasks when an execution has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.driver import Driver, body, flow

if TYPE_CHECKING:
    from flowrun.model.trigger import Condition

from flowrun.model.events import LogWritten
from flowrun.model.flow import Listener
from flowrun.triggers.conditions import ExecutionFlow, ExecutionStatus, Expression, Not, Or, Weekend

FAILED = ExecutionStatus(type="test.Status", in_=["FAILED"])
SUCCESS = ExecutionStatus(type="test.Status", not_in=["FAILED"])


def ended(*conditions: Condition) -> Driver:
    """A failed execution with one listener."""
    driver = Driver(flow(body("a"), listeners=[Listener(tasks=[body("l")], conditions=list(conditions))]))
    driver.fail("a")
    return driver


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        (FAILED, True),
        (SUCCESS, False),
        (Not(type="test.Not", conditions=[SUCCESS]), True),
        (Or(type="test.Or", conditions=[SUCCESS, FAILED]), True),
        (Expression(type="test.Expression", expression="{{ execution.state == 'FAILED' }}"), True),
        (Expression(type="test.Expression", expression=" false "), False),
        (ExecutionFlow(type="test.Flow", namespace="test", flow_id="{{ 'flow' }}"), True),
        (ExecutionFlow(type="test.Flow", namespace="test", flow_id="other"), False),
    ],
)
def test_a_listener_runs_when_its_condition_holds(condition: Condition, *, runs: bool) -> None:
    assert ("l" in ended(condition).running) == runs


def test_all_conditions_have_to_hold() -> None:
    assert not ended(FAILED, SUCCESS).running


def test_listeners_run_before_after_execution_and_change_nothing() -> None:
    driver = Driver(flow(body("a"), listeners=[Listener(tasks=[body("l")])], after_execution=[body("z")]))
    driver.succeed("a")
    driver.fail("l")
    driver.succeed("z")
    assert (driver.state, driver.run.finished) == ("SUCCESS", True)


def test_a_condition_that_says_nothing_of_executions_is_told_and_does_not_hold() -> None:
    driver = ended(Weekend(type="test.Weekend"))
    assert not driver.running
    told = [one.entry.message for one in driver.events if isinstance(one, LogWritten)]
    assert "Unable to evaluate the conditions of a listener. Cause: test.Weekend says nothing of an execution" in told
