"""Restart: what failed runs again, what is done is kept (flow reference, 10.5, and a recorded Kestra 1.3)."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import Abort, Kill, Resume, SlotGranted
from flowrun.errors import StartRefused
from flowrun.model.flow import Concurrency
from flowrun.model.inputs import DependsOn, SecretInput
from flowrun.model.retry import ConstantRetry
from flowrun.model.state import StateType
from flowrun.tasks.flow.allow_failure import AllowFailure
from flowrun.tasks.flow.for_each import ForEach
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.pause import Pause
from flowrun.tasks.flow.sequential import Sequential

GROUP = {"type": "test.Group"}
AGAIN = ConstantRetry(type="constant", interval=timedelta(seconds=5), max_attempts=2)


def histories(run: Driver) -> dict[str, list[str]]:
    runs = run.run.execution.task_runs.values()
    return {run.key(one.id): [state.value for state, _ in one.state.histories] for one in runs}


def again(run: Driver, blocked: int | None = None) -> Driver:
    """The same execution, restarted by another process."""
    return Driver.restarted(run.run.flow, run.run.execution, blocked)


def test_a_failed_task_runs_again_and_its_handlers_are_dropped() -> None:
    inner = Sequential(id="seq", tasks=[body("ok"), body("bad")], errors=[body("inner_err")], **GROUP)
    run = Driver(
        flow(inner, body("never"), errors=[body("err")], finally_=[body("fin")], after_execution=[body("end")])
    )
    for name in ("ok", "inner_err", "err", "fin", "end"):
        if name == "inner_err":
            run.fail("bad")
        run.succeed(name)
    run = again(run)
    assert run.states() == {"seq": "RUNNING", "ok": "SUCCESS", "bad": "RUNNING"}
    run.succeed("bad")
    run.succeed("never")
    run.succeed("fin")
    run.succeed("end")
    assert run.run.finished
    assert run.state == "SUCCESS"
    assert histories(run)["bad"] == [
        *("CREATED", "SUBMITTED", "RUNNING", "FAILED"),
        *("RESTARTED", "SUBMITTED", "RUNNING", "SUCCESS"),
    ]
    assert histories(run)["seq"] == ["CREATED", "RUNNING", "FAILED", "RUNNING", "SUCCESS"]
    assert [state.value for state, _ in run.run.execution.state.histories] == [
        *("CREATED", "RUNNING", "FAILED"),
        *("RESTARTED", "RUNNING", "SUCCESS"),
    ]
    assert run.run.execution.labels["system.restarted"] == "true"


def test_a_flowable_keeps_its_one_attempt() -> None:
    run = Driver(flow(Sequential(id="seq", tasks=[body("bad")], **GROUP)))
    run.fail("bad")
    run = again(run)
    run.succeed("bad")
    runs = {one.task_id: one for one in run.run.execution.task_runs.values()}
    assert len(runs["seq"].attempts) == 1
    assert runs["seq"].attempts[0].state.current.value == "SUCCESS"
    assert len(runs["bad"].attempts) == 2


def test_the_attempts_of_before_count_for_the_retry() -> None:
    run = Driver(flow(body("bad", retry=AGAIN)))
    run.fail("bad")
    run.wait()
    run.fail("bad")
    run = again(run)
    run.fail("bad")
    assert run.state == "FAILED"
    assert not run.timers


@pytest.mark.parametrize("fails", [False, True])
def test_there_must_be_something_to_run_again(fails: bool) -> None:
    run = Driver(flow(body("a", allow_failure=True)))
    if fails:
        run.fail("a")
    else:
        run.succeed("a")
    with pytest.raises(StartRefused, match="No task found to restart execution from!"):
        again(run)


def test_a_killed_execution_goes_on_with_what_was_killed() -> None:
    run = Driver(flow(body("a"), body("b"), body("c"), after_execution=[body("end")]))
    run.succeed("a")
    run.send(Kill())
    run.gone("b")
    run.succeed("end")
    run = again(run)
    assert run.states() == {"a": "SUCCESS", "b": "RUNNING"}


@pytest.mark.parametrize("ends", ["time", "kill"])
def test_a_pause_that_nobody_resumed_waits_again(ends: str) -> None:
    run = Driver(flow(Pause(id="hold", timeout=timedelta(seconds=9), **GROUP), body("next")))
    if ends == "time":
        run.wait()
    else:
        run.send(Kill())
    run = again(run)
    assert run.states() == {"hold": "PAUSED"}
    assert run.state == "PAUSED"
    run.send(Resume(next(iter(run.run.execution.task_runs)), {}))
    run.succeed("next")
    assert run.state == "SUCCESS"


def test_an_execution_whose_process_died_goes_on_where_it_was() -> None:
    fan = Parallel(id="fan", tasks=[body("a"), body("b"), body("c")], concurrent=2, **GROUP)
    run = Driver(flow(fan, body("join")))
    run.succeed("a")
    run = again(run)
    assert run.states() == {"fan": "RUNNING", "a": "SUCCESS", "b": "RUNNING", "c": "RUNNING"}
    assert histories(run)["b"] == ["CREATED", "SUBMITTED", "RUNNING", "RESTARTED", "SUBMITTED", "RUNNING"]
    attempts = next(one.attempts for one in run.run.execution.task_runs.values() if one.task_id == "b")
    assert [one.state.current.value for one in attempts] == ["KILLED", "RUNNING"]
    run.succeed("b")
    run.succeed("c")
    run.succeed("join")
    assert run.state == "SUCCESS"


def test_a_loop_goes_on_with_the_value_where_it_was() -> None:
    run = Driver(flow(ForEach(id="each", values=["x", "y", "z"], tasks=[body("a"), body("b")], **GROUP)))
    run.succeed("a[x]", {"n": 1})
    run.succeed("b[x]")
    run.succeed("a[y]")
    run = again(run)
    assert list(run.running) == ["b[y]"]
    assert run.run.outputs["a"]["x"] == {"n": 1}
    run.succeed("b[y]")
    run.succeed("a[z]")
    run.succeed("b[z]")
    assert run.state == "SUCCESS"


def test_a_process_that_died_while_errors_ran_goes_on_with_errors() -> None:
    run = Driver(flow(body("bad"), errors=[body("e1"), body("e2")], finally_=[body("f")]))
    run.fail("bad")
    run.succeed("e1")
    run = again(run)
    assert run.states() == {"bad": "FAILED", "e1": "SUCCESS", "e2": "RUNNING"}
    run.succeed("e2")
    run.succeed("f")
    assert run.state == "FAILED"


def test_a_wait_for_the_next_try_goes_on() -> None:
    run = Driver(flow(body("bad", retry=AGAIN)))
    run.fail("bad")
    failed_at = run.now
    run = again(run)
    assert [one.at for one in run.timers] == [failed_at + timedelta(seconds=5)]
    run.wait()
    run.succeed("bad")
    assert run.state == "SUCCESS"


def test_what_runs_again_keeps_the_order_of_the_flow() -> None:
    run = Driver(flow(AllowFailure(id="allow", tasks=[body("a")], **GROUP), body("b")))
    run.fail("a")
    run.fail("b")
    run = again(run)
    assert run.states() == {"allow": "RUNNING", "a": "RUNNING", "b": "RESTARTED"}
    run.succeed("a")
    run.succeed("b")
    assert run.states() == {"allow": "SUCCESS", "a": "SUCCESS", "b": "SUCCESS"}


def changed_by_restart(before: str, after: str) -> str:
    """A template that gives something else when the execution goes on."""
    return f"{{{{ labels.system.restarted is defined ? '{after}' : '{before}' }}}}"


def test_a_loop_whose_values_have_changed_repeats_none_that_it_had() -> None:
    values = changed_by_restart('["x", "y"]', '["y", "z"]')
    run = Driver(flow(ForEach(id="each", values=values, tasks=[body("a"), body("b")], **GROUP)))
    for key in ("a[x]", "b[x]", "a[y]"):
        run.succeed(key)
    run = again(run)
    for key in ("b[y]", "a[z]", "b[z]"):
        assert list(run.running) == [key]
        run.succeed(key)
    assert run.state == "SUCCESS"


def test_what_a_flowable_began_ends_with_it_when_it_cannot_be_opened_again() -> None:
    tasks = [Sequential(id="seq", tasks=[body("a")], **GROUP)]
    values = changed_by_restart('["x", "y"]', "no list")
    run = Driver(flow(ForEach(id="each", values=values, tasks=tasks, concurrency_limit=0, **GROUP)))
    run.succeed("a[x]")
    run = again(run)
    assert run.run.finished
    ended = {"each": "FAILED", "seq[x]": "SUCCESS", "a[x]": "SUCCESS", "seq[y]": "FAILED", "a[y]": "FAILED"}
    assert run.states() == ended


def test_run_if_is_asked_again() -> None:
    run = Driver(flow(body("a", run_if=changed_by_restart("true", "false"))))
    run.fail("a")
    assert again(run).states() == {"a": "SKIPPED"}


def test_a_restart_asks_for_a_slot_again() -> None:
    run = Driver(flow(body("a"), concurrency=Concurrency(limit=1)))
    run.fail("a")
    run = again(run, blocked=1)
    assert run.state == "QUEUED"
    assert run.states() == {"a": "RESTARTED"}
    run.send(SlotGranted())
    assert run.states() == {"a": "RUNNING"}


def test_one_that_died_in_the_queue_begins() -> None:
    run = Driver(flow(body("a"), concurrency=Concurrency(limit=1)), blocked=1)
    assert again(run).states() == {"a": "RUNNING"}


def test_an_aborted_execution_can_go_on() -> None:
    run = Driver(flow(Sequential(id="seq", tasks=[body("a"), body("b")], **GROUP)))
    run.succeed("a")
    run.send(Abort())
    run = again(run)
    assert run.states() == {"seq": "RUNNING", "a": "SUCCESS", "b": "RUNNING"}


def test_templates_see_the_inputs_of_before_and_secrets_stay_masked() -> None:
    inputs = [SecretInput(id="token", type="SECRET")]
    run = Driver(flow(body("a"), inputs=inputs), {"token": "s3cret"})
    run = again(run)
    assert run.run.inputs == {"token": "s3cret"}
    assert "s3cret" in run.run.execution.masking.texts


def test_a_secret_default_that_is_switched_off_is_sealed_and_masked_too() -> None:
    off = DependsOn(condition="{{ false }}")
    inputs = [SecretInput(id="token", type="SECRET", defaults="s3cret", depends_on=off)]
    run = Driver(flow(body("a"), inputs=inputs))
    assert run.run.inputs == {"token": "s3cret"}
    assert run.run.execution.inputs == {}
    assert run.run.execution.hidden_inputs["token"]["value"] == "terc3s"
    assert "s3cret" in run.run.execution.masking.texts
    assert again(run).run.inputs == {"token": "s3cret"}


def with_states(run: Driver, **states: str) -> Driver:
    """The execution goes on as if these tasks had ended so."""
    ids = {one.task_id: one.id for one in run.run.execution.task_runs.values()}
    wanted = {ids[task]: StateType(state) for task, state in states.items()}
    return Driver.restarted(run.run.flow, run.run.execution, states=wanted)


def test_a_task_run_that_is_set_to_success_lets_the_flow_go_on_behind_it() -> None:
    inner = Sequential(id="seq", tasks=[body("bad"), body("next")], **GROUP)
    run = Driver(flow(inner, body("last"), errors=[body("err")]))
    run.fail("bad")
    run.succeed("err")
    run = with_states(run, bad="SUCCESS")
    assert run.states() == {"seq": "RUNNING", "bad": "SUCCESS", "next": "RUNNING"}
    run.succeed("next")
    run.succeed("last")
    assert run.state == "SUCCESS"
    assert histories(run)["bad"] == ["CREATED", "SUBMITTED", "RUNNING", "FAILED", "SUCCESS"]
    attempts = next(one.attempts for one in run.run.execution.task_runs.values() if one.task_id == "bad")
    assert [one.state.current.value for one in attempts] == ["SUCCESS"]


def test_one_that_is_set_to_failed_has_its_handlers() -> None:
    run = Driver(flow(body("a"), errors=[body("err")]))
    run.succeed("a")
    run = with_states(run, a="FAILED")
    assert run.states() == {"a": "FAILED", "err": "RUNNING"}


def test_what_else_failed_stays_so() -> None:
    fan = Parallel(id="fan", tasks=[body("a"), body("b")], **GROUP)
    run = Driver(flow(fan))
    run.fail("a")  # and so b has failed too: nothing waits for it
    kept = copy.deepcopy(run.run.execution)
    assert with_states(run, a="SUCCESS").states() == {"fan": "FAILED", "a": "SUCCESS", "b": "FAILED"}
    run.run.execution = kept
    assert with_states(run, a="SUCCESS", b="WARNING").states() == {"fan": "WARNING", "a": "SUCCESS", "b": "WARNING"}


def test_a_flowable_can_be_set_and_its_children_stay() -> None:
    run = Driver(flow(Sequential(id="seq", tasks=[body("bad"), body("never")], **GROUP), body("last")))
    run.fail("bad")
    assert with_states(run, seq="SUCCESS").states() == {"seq": "SUCCESS", "bad": "FAILED", "last": "RUNNING"}


def test_states_are_set_where_the_work_is_over_and_in_the_main_list() -> None:
    run = Driver(flow(body("a"), errors=[body("err")]))
    with pytest.raises(StartRefused, match="only change the state of a task run for a terminated non killed execution"):
        with_states(run, a="SUCCESS")
    run.fail("a")
    run.fail("err")
    with pytest.raises(StartRefused, match="No task found to restart execution from!"):
        with_states(run, err="SUCCESS")
    run.run.execution.state.change(StateType.KILLED, run.now)
    with pytest.raises(StartRefused, match="terminated non killed execution"):
        with_states(run, a="SUCCESS")
