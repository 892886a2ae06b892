"""Which task run ended a flow."""

from __future__ import annotations

import pytest
from tests.unit.sinks import runs
from tests.unit.sinks.test_tree import Kept

from flowrun.model.state import StateType
from flowrun.sinks.origin import Failure, Origin, failure_of

S = StateType


@pytest.fixture
def story() -> runs.Story:
    return runs.Story(Kept())


def found(story: runs.Story, *beside: str) -> str | None:
    """The id of the task that is to blame."""
    story.end(S.FAILED)
    failure = failure_of(story.execution, {}, frozenset(beside))
    return failure.task_run.task_id if failure and failure.task_run else None


def test_the_innermost_task_run_is_to_blame(story: runs.Story):
    story.task("around", S.FAILED)
    story.task("inside", S.FAILED, parent=story.last_id())
    assert found(story) == "inside"


def test_of_several_it_is_the_one_that_failed_first(story: runs.Story):
    story.task("slow", S.RUNNING).task("quick", S.FAILED)
    slow = next(iter(story.execution.task_runs.values()))
    slow.state.change(S.FAILED, story.wait(seconds=5).now)
    assert found(story) == "quick"


def test_what_errors_and_finally_did_is_not_to_blame_for_what_was_before(story: runs.Story):
    story.task("main", S.WARNING).task("bad", S.FAILED).task("alarm", S.FAILED, seconds=-1)
    assert found(story, "alarm") == "bad"


def test_a_failure_in_finally_alone_is_to_blame(story: runs.Story):
    story.task("main").task("clean_up", S.FAILED)
    assert found(story, "clean_up") == "clean_up"


def test_a_failure_that_was_allowed_is_not_to_blame(story: runs.Story):
    story.task("tolerant", S.WARNING)
    story.task("tolerated", S.FAILED, parent=story.last_id()).task("bad", S.FAILED)
    assert found(story) == "bad"


def test_without_a_failed_task_run_the_engine_says_why(story: runs.Story):
    story.task("good").end(S.FAILED)
    assert failure_of(story.execution, {None: "why"}, frozenset()) == Failure(None, "why")
    assert failure_of(story.execution, {}, frozenset()) is None


def test_a_broken_sla_is_to_blame_and_not_what_was_at_work(story: runs.Story):
    story.task("at_work", S.FAILED).end(S.FAILED)
    said = "Execution failed due to SLA 'quick' violated: it took too long"
    failure = failure_of(story.execution, {None: said}, frozenset())
    assert failure == Failure(None, "SLA 'quick' violated: it took too long")


def test_a_pause_that_nobody_ended_says_for_how_long(story: runs.Story):
    story.task("wait", S.PAUSED)
    wait = next(iter(story.execution.task_runs.values()))
    wait.state.change(S.FAILED, story.wait(seconds=2).now)
    story.end(S.FAILED)
    assert failure_of(story.execution, {}, frozenset()) == Failure(wait, "not resumed within 2.0 s")
    assert failure_of(story.execution, {wait.id: "why"}, frozenset()) == Failure(wait, "why")


def test_an_execution_is_named_where_a_server_has_a_link(story: runs.Story):
    story.task("call", S.FAILED).end(S.FAILED)
    said = 'Subflow execution [[link execution="4Fq0" flowId="greet" namespace="acme.team"]] ends in FAILED state'
    failure = failure_of(story.execution, {story.run_of("call"): said}, frozenset())
    assert failure
    assert failure.message == "Subflow execution acme.team.greet 4Fq0 ends in FAILED state"


@pytest.mark.parametrize("state", [S.SUCCESS, S.WARNING, S.KILLED, S.CANCELLED])
def test_an_execution_that_did_not_fail_has_nobody_to_blame(story: runs.Story, state: S):
    story.task("bad", S.FAILED).end(state)
    assert failure_of(story.execution, {None: "why"}, frozenset()) is None


def test_a_place_is_as_exact_as_what_is_known():
    origin = Origin("x.yaml", find_lines=lambda: {"a": 3})
    assert (origin.place("a"), origin.place("b"), Origin().place("a")) == ("x.yaml:3", "x.yaml", "")
