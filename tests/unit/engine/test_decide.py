"""The rules of the engine, one at a time (flow reference, chapters 3 and 4)."""

from __future__ import annotations

from datetime import timedelta

from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import BodySucceeded
from flowrun.model.events import LogWritten
from flowrun.model.flow import Output
from flowrun.model.inputs import SecretInput
from flowrun.model.retry import ConstantRetry
from flowrun.tasks.flow.allow_failure import AllowFailure
from flowrun.tasks.flow.for_each import ForEach
from flowrun.tasks.flow.if_ import If
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.sequential import Sequential

GROUP = {"type": "test.Group"}


def test_tasks_run_one_after_the_other() -> None:
    run = Driver(flow(body("a"), body("b")))
    assert list(run.running) == ["a"]
    run.succeed("a")
    assert list(run.running) == ["b"]
    run.succeed("b")
    assert run.state == "SUCCESS"


def test_failed_child_stops_sequential() -> None:
    run = Driver(flow(Sequential(id="group", tasks=[body("a"), body("b")], **GROUP), body("after")))
    run.fail("a")
    assert run.states() == {"group": "FAILED", "a": "FAILED"}
    assert run.state == "FAILED"


def test_the_message_of_a_failure_is_logged_under_its_task() -> None:
    run = Driver(flow(body("a")))
    run.fail("a", "disk full")
    lines = [(one.entry.task_id, one.entry.message) for one in run.events if isinstance(one, LogWritten)]
    assert lines == [("a", "disk full")]


def test_disabled_tasks_get_no_task_run() -> None:
    run = Driver(flow(body("a", disabled=True), body("b")))
    assert list(run.states()) == ["b"]


def test_a_flow_of_disabled_tasks_succeeds_at_once() -> None:
    assert Driver(flow(body("a", disabled=True))).state == "SUCCESS"


def test_a_false_run_if_skips_the_task_and_goes_on() -> None:
    run = Driver(flow(body("a", run_if="{{ flow.id == 'other' }}"), body("b")))
    assert run.states() == {"a": "SKIPPED", "b": "RUNNING"}


def test_an_unrenderable_run_if_fails_the_task_even_with_allow_failure() -> None:
    run = Driver(flow(body("a", run_if="{{ nope }}", allow_failure=True)))
    assert run.states() == {"a": "FAILED"}
    assert run.run.execution.task_runs["id2"].attempts == []


def test_allow_failure_turns_a_failure_into_a_warning_and_goes_on() -> None:
    run = Driver(flow(body("a", allow_failure=True), body("b")))
    run.fail("a")
    run.succeed("b")
    assert run.states() == {"a": "WARNING", "b": "SUCCESS"}
    assert run.state == "WARNING"


def test_allow_warning_on_top_turns_it_into_a_success() -> None:
    run = Driver(flow(body("a", allow_failure=True, allow_warning=True)))
    run.fail("a")
    assert run.state == "SUCCESS"


def test_errors_run_after_a_failure_and_do_not_change_the_state() -> None:
    run = Driver(flow(body("a"), body("b"), errors=[body("e1"), body("e2")]))
    run.fail("a")
    run.fail("e1")
    run.succeed("e2")
    assert run.states() == {"a": "FAILED", "e1": "FAILED", "e2": "SUCCESS"}
    assert run.state == "FAILED"


def test_finally_runs_after_errors_and_after_success() -> None:
    failing = Driver(flow(body("a"), errors=[body("e")], finally_=[body("f")]))
    failing.fail("a")
    assert list(failing.running) == ["e"]
    failing.succeed("e")
    assert list(failing.running) == ["f"]
    good = Driver(flow(body("a"), errors=[body("e")], finally_=[body("f")]))
    good.succeed("a")
    assert list(good.running) == ["f"]


def test_after_execution_runs_when_the_state_is_final() -> None:
    run = Driver(flow(body("a"), after_execution=[body("last", run_if="{{ execution.state == 'SUCCESS' }}")]))
    run.succeed("a")
    assert run.state == "SUCCESS"
    assert list(run.running) == ["last"]
    assert not run.run.finished
    run.fail("last")
    assert (run.state, run.run.finished) == ("SUCCESS", True)


def test_a_failed_branch_ends_the_parallel_and_stamps_its_siblings() -> None:
    run = Driver(flow(Parallel(id="fan", tasks=[body("a"), body("b")], **GROUP)))
    assert list(run.running) == ["a", "b"]
    run.fail("a")
    assert run.states() == {"fan": "FAILED", "a": "FAILED", "b": "FAILED"}
    assert run.running == {}


def test_the_answer_of_a_cancelled_body_is_ignored() -> None:
    run = Driver(flow(Parallel(id="fan", tasks=[body("a"), body("b")], **GROUP)))
    late = run.running["b"]
    run.fail("a")
    assert run.send(BodySucceeded(late.task_run_id, late.attempt)) == []


def test_errors_of_a_parallel_run_while_its_siblings_go_on() -> None:
    run = Driver(flow(Parallel(id="fan", tasks=[body("a"), body("b")], errors=[body("e")], **GROUP)))
    run.fail("a")
    assert list(run.running) == ["b", "e"]
    run.succeed("e")
    assert run.states()["fan"] == "FAILED"


def test_allow_failure_group_ends_as_a_warning() -> None:
    run = Driver(flow(AllowFailure(id="group", tasks=[body("a")], **GROUP)))
    run.fail("a")
    assert run.state == "WARNING"


def test_outputs_of_a_task_are_seen_by_the_next() -> None:
    run = Driver(flow(body("a"), body("b", run_if="{{ outputs.a.n == 2 }}")))
    run.succeed("a", {"n": 2})
    assert list(run.running) == ["b"]


def test_null_outputs_vanish() -> None:
    run = Driver(flow(body("a")))
    run.succeed("a", {"gone": None, "kept": [None]})
    assert run.run.outputs == {"a": {"kept": [None]}}


def test_outputs_in_a_loop_are_found_by_value() -> None:
    run = Driver(flow(ForEach(id="each", values=["x", "y"], tasks=[body("a")], **GROUP)))
    run.succeed("a[x]", {"n": 1})
    run.succeed("a[y]", {"n": 2})
    assert run.run.outputs["a"] == {"x": {"n": 1}, "y": {"n": 2}}


def test_the_chosen_branch_of_an_if_runs() -> None:
    run = Driver(flow(If(id="check", condition="{{ 1 == 2 }}", then=[body("a")], else_=[body("b")], **GROUP)))
    assert list(run.running) == ["b"]
    assert run.run.outputs["check"] == {"evaluationResult": False}


def test_a_retry_waits_and_keeps_the_task_run() -> None:
    retry = ConstantRetry(type="constant", interval=timedelta(seconds=5), max_attempts=2)
    run = Driver(flow(body("a", retry=retry)))
    run.fail("a")
    assert (run.state, run.states()) == ("RETRYING", {"a": "RETRYING"})
    run.wait()
    assert run.running["a"].attempt == 2
    run.fail("a")
    assert run.states() == {"a": "FAILED"}
    assert len(run.run.execution.task_runs["id2"].attempts) == 2


def test_a_group_hands_its_retry_down() -> None:
    retry = ConstantRetry(type="constant", interval=timedelta(seconds=5), max_attempts=2)
    run = Driver(flow(Sequential(id="group", tasks=[body("a")], retry=retry, **GROUP)))
    run.fail("a")
    run.wait()
    run.succeed("a")
    assert run.state == "SUCCESS"


def test_a_timeout_fails_the_attempt_in_the_servers_words() -> None:
    run = Driver(flow(body("a", timeout="PT5S")))
    run.wait()
    lines = [one.entry.message for one in run.events if isinstance(one, LogWritten)]
    assert lines == ["Timeout after 00:00:05.000"]
    assert run.states() == {"a": "FAILED"}


def test_a_timeout_that_comes_too_late_changes_nothing() -> None:
    run = Driver(flow(body("a", timeout="PT5S"), body("b")))
    run.succeed("a")
    run.wait()
    assert run.states() == {"a": "SUCCESS", "b": "RUNNING"}


def test_a_secret_input_shows_in_no_log_line_and_is_kept_sealed() -> None:
    run = Driver(flow(body("a"), inputs=[SecretInput(id="token", type="SECRET")]), {"token": "s3cret"})
    run.fail("a", "refused: s3cret, czNjcmV0")
    lines = [one.entry.message for one in run.events if isinstance(one, LogWritten)]
    assert lines == ["refused: ******, ******"]
    assert run.run.execution.inputs == {
        "token": {"value": "terc3s", "type": "io.kestra.datatype:aes_encrypted"},
    }


def test_an_unrenderable_flow_output_fails_the_execution() -> None:
    run = Driver(flow(body("a"), outputs=[Output(id="x", type="STRING", value="{{ outputs.b.value }}")]))
    run.succeed("a")
    assert run.state == "FAILED"
