"""Pause and LoopUntil: what waits, what goes on meanwhile, what remains (flow reference, 5.8 and 5.11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.engine.messages import Kill, Resume
from flowrun.engine.restart import plan_restart
from flowrun.tasks.flow.if_ import If
from flowrun.tasks.flow.loop_until import CheckFrequency, LoopUntil
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.pause import Pause, PauseBehavior
from flowrun.tasks.flow.sequential import Sequential

SECOND = timedelta(seconds=1)


def pause(name: str = "hold", **properties: Any) -> Pause:
    return Pause(id=name, type="test.Pause", **properties)


def sequential(name: str, *tasks: Any) -> Sequential:
    return Sequential(id=name, type="test.Sequential", tasks=list(tasks))


def parallel(name: str, *tasks: Any) -> Parallel:
    return Parallel(id=name, type="test.Parallel", tasks=list(tasks))


def loop(*tasks: Any, condition: str = "{{ false }}", most: int | None = None, **properties: Any) -> LoopUntil:
    frequency = CheckFrequency(interval=SECOND, max_iterations=most)
    return LoopUntil(
        id="poll",
        type="test.LoopUntil",
        tasks=list(tasks),
        condition=condition,
        check_frequency=frequency,
        **properties,
    )


def history(driver: Driver) -> list[str]:
    return [state.value for state, _ in driver.run.execution.state.histories]


def task_run(driver: Driver, task: str) -> Any:
    return next(one for one in driver.run.execution.task_runs.values() if one.task_id == task)


def resume(driver: Driver, task: str, **inputs: Any) -> None:
    driver.send(Resume(task_run(driver, task).id, inputs))


def resume_in_another_process(driver: Driver, task: str, **inputs: Any) -> Driver:
    flow, execution = driver.run.flow, driver.run.execution
    second = Driver.taken_up(flow, execution)
    second.send(Resume(task_run(second, task).id, inputs, plan_restart(flow, execution)))
    return second


def test_a_pause_with_a_duration_goes_on_by_itself() -> None:
    driver = Driver(flow(pause(pause_duration=SECOND), body("next")))
    assert driver.states() == {"hold": "PAUSED"}
    driver.wait()
    assert history(driver) == ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING"]
    driver.succeed("next")
    assert driver.state == "SUCCESS"


@pytest.mark.parametrize(
    ("behavior", "state"), [("WARN", "WARNING"), ("FAIL", "FAILED"), ("CANCEL", "CANCELLED"), ("RESUME", "SUCCESS")]
)
def test_the_behavior_says_what_the_end_of_a_pause_means(behavior: str, state: str) -> None:
    driver = Driver(flow(pause(pause_duration=SECOND, behavior=PauseBehavior(behavior))))
    driver.wait()
    assert driver.state == state
    assert task_run(driver, "hold").outputs["resumed"]["to"] == state


def test_a_timeout_of_a_pause_is_a_failure_that_may_be_allowed() -> None:
    driver = Driver(flow(pause(timeout=SECOND, allow_failure=True)))
    driver.wait()
    assert driver.state == "WARNING"


def test_a_word_ends_a_pause_and_its_inputs_are_outputs() -> None:
    driver = Driver(flow(pause(), body("next")))
    assert driver.timers == []
    resume(driver, "hold", why="because")
    assert task_run(driver, "hold").outputs["onResume"] == {"why": "because"}
    assert list(driver.running) == ["next"]


def test_nothing_new_begins_while_the_execution_is_paused() -> None:
    driver = Driver(flow(parallel("par", pause(), body("direct"), sequential("seq", body("inner")))))
    assert list(driver.running) == ["direct"]
    driver.succeed("direct")
    assert driver.states() == {"par": "RUNNING", "hold": "PAUSED", "direct": "SUCCESS", "seq": "RUNNING"}
    resume(driver, "hold")
    assert list(driver.running) == ["inner"]


def test_the_execution_stays_paused_until_the_last_pause_is_over() -> None:
    driver = Driver(flow(parallel("par", pause("one"), pause("two"))))
    resume(driver, "two")
    assert driver.state == "PAUSED"
    resume(driver, "one")
    assert driver.state == "SUCCESS"


def test_on_pause_runs_beside_and_its_failure_changes_nothing() -> None:
    driver = Driver(flow(pause(pause_duration=SECOND, on_pause=body("told"))))
    assert list(driver.running) == ["told"]
    driver.fail("told")
    driver.wait()
    assert driver.state == "SUCCESS"
    assert driver.states() == {"hold": "SUCCESS", "told": "FAILED"}


def test_the_tasks_of_a_pause_run_after_the_word() -> None:
    driver = Driver(flow(pause(tasks=[body("a"), body("b")])))
    assert list(driver.running) == []
    resume(driver, "hold")
    assert driver.states() == {"hold": "RUNNING", "a": "RUNNING"}
    driver.succeed("a")
    driver.succeed("b")
    assert driver.state == "SUCCESS"


def test_a_kill_ends_what_is_paused() -> None:
    driver = Driver(flow(sequential("seq", pause())))
    driver.send(Kill())
    assert driver.states() == {"seq": "KILLED", "hold": "KILLED"}
    assert driver.state == "KILLED"


def test_only_the_last_pass_of_a_loop_remains() -> None:
    driver = Driver(flow(loop(body("check"), condition="{{ outputs.check.n == 2 }}"), body("next")))
    driver.succeed("check", {"n": 1})
    assert driver.states() == {"poll": "PAUSED", "check": "SUCCESS"}
    driver.wait()
    assert driver.states() == {"poll": "RUNNING", "check": "RUNNING"}
    assert "check" not in driver.run.outputs
    assert task_run(driver, "check").iteration == 1
    driver.succeed("check", {"n": 2})
    assert task_run(driver, "poll").outputs == {"iterationCount": 2}
    assert history(driver) == ["CREATED", "RUNNING", "PAUSED", "RUNNING"]
    assert list(driver.running) == ["next"]


def test_a_pass_takes_all_that_is_below_it_away() -> None:
    inner = sequential("inner", If(id="fork", type="test.If", condition="true", then=[body("deep")]))
    driver = Driver(flow(loop(inner, most=2)))
    driver.succeed("deep")
    driver.wait()
    assert [one.task_id for one in driver.run.execution.task_runs.values()] == ["poll", "inner", "fork", "deep"]
    driver.succeed("deep")
    assert driver.state == "SUCCESS"
    assert task_run(driver, "poll").outputs == {"iterationCount": 3}


def test_a_loop_in_a_loop_begins_anew_in_each_pass() -> None:
    inner = LoopUntil(
        id="inner",
        type="test.LoopUntil",
        tasks=[body("t")],
        condition="{{ false }}",
        check_frequency=CheckFrequency(interval=SECOND, max_iterations=2),
    )
    driver = Driver(flow(loop(inner, most=2)))
    passes = 0
    while driver.state not in ("SUCCESS", "FAILED"):
        if driver.running:
            passes += 1
            driver.succeed("t")
        else:
            driver.wait()
    assert (passes, driver.state) == (4, "SUCCESS")


def test_a_reached_limit_can_be_a_failure_that_nothing_tolerates() -> None:
    driver = Driver(flow(loop(body("t"), most=1, fail_on_max_reached=True, allow_failure=True, errors=[body("e")])))
    driver.succeed("t")
    assert driver.states() == {"poll": "FAILED", "t": "SUCCESS"}
    assert driver.state == "FAILED"


def test_errors_that_end_well_make_good_for_a_failed_pass() -> None:
    driver = Driver(flow(loop(body("t"), condition="{{ outputs.t.ok ?? false }}", errors=[body("e")])))
    driver.fail("t")
    driver.succeed("e")
    assert driver.states()["poll"] == "PAUSED"
    driver.wait()
    driver.succeed("t", {"ok": True})
    assert driver.state == "SUCCESS"


def test_a_failed_pass_without_errors_ends_the_loop() -> None:
    driver = Driver(flow(loop(body("t"))))
    driver.fail("t")
    assert driver.states() == {"poll": "FAILED", "t": "FAILED"}


def test_another_process_goes_on_waiting_for_the_same_moment() -> None:
    wanted = flow(pause(pause_duration=timedelta(days=3)), body("next"))
    first = Driver(wanted)
    due = first.timers[0].at
    second = Driver.restarted(wanted, first.run.execution)
    assert (second.state, second.timers[0].at) == ("PAUSED", due)
    second.wait()
    assert list(second.running) == ["next"]


def test_another_process_begins_the_next_pass() -> None:
    wanted = flow(sequential("seq", loop(body("t"), most=3)))
    first = Driver(wanted)
    first.succeed("t")
    second = Driver.restarted(wanted, first.run.execution)
    second.wait()
    assert second.states() == {"seq": "RUNNING", "poll": "RUNNING", "t": "RUNNING"}
    assert task_run(second, "t").iteration == 1


def test_another_process_can_take_the_word() -> None:
    wanted = flow(sequential("seq", pause(), body("inner")), body("next"))
    first = Driver(wanted)
    second = resume_in_another_process(first, "hold", why="x")
    assert list(second.running) == ["inner"]
    second.succeed("inner")
    second.succeed("next")
    assert second.state == "SUCCESS"
    assert history(second) == ["CREATED", "RUNNING", "PAUSED", "RESTARTED", "RUNNING", "SUCCESS"]
    assert [state.value for state, _ in task_run(second, "seq").state.histories] == ["CREATED", "RUNNING", "SUCCESS"]


def test_what_was_at_work_beside_a_pause_runs_again_in_another_process() -> None:
    first = Driver(flow(parallel("beside", pause(), body("work"), body("done")), body("next")))
    first.succeed("done")
    second = resume_in_another_process(first, "hold")
    assert list(second.running) == ["work"]
    second.succeed("work")
    second.succeed("next")
    assert second.state == "SUCCESS"


def test_in_another_process_too_nothing_begins_before_the_last_pause_is_over() -> None:
    first = Driver(flow(parallel("beside", pause("one"), pause("two"), body("work")), body("next")))
    second = resume_in_another_process(first, "one")
    assert (second.state, list(second.running)) == ("PAUSED", [])
    third = resume_in_another_process(second, "two")
    assert (third.state, list(third.running)) == ("RUNNING", ["work"])
