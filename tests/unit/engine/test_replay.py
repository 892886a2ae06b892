"""Replay and runs of a part: what stood before a task is copied, the rest runs (flow reference, 10.5)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.driver import Driver, body, flow

from flowrun.errors import StartRefused
from flowrun.model.task import ON_PAUSE
from flowrun.tasks.flow.dag import Dag, DagTask
from flowrun.tasks.flow.for_each import ForEach
from flowrun.tasks.flow.if_ import If
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.pause import Pause
from flowrun.tasks.flow.sequential import Sequential

if TYPE_CHECKING:
    from flowrun.model.execution import TaskRun
    from flowrun.model.flow import Flow

GROUP = {"type": "test.Group"}


def seq(name: str, *tasks: Any, **more: Any) -> Sequential:
    return Sequential(id=name, tasks=list(tasks), **GROUP, **more)


def ended(flow: Flow, *failing: str, until: str | None = None) -> Driver:
    """An execution in which every body ended at once: well, with its key as output, or badly."""
    run = Driver(flow, until=until)
    finish(run, *failing)
    return run


def finish(run: Driver, *failing: str) -> list[str]:
    """End all bodies, the oldest first; the keys of those that ran."""
    ran = []
    while run.running:
        key = next(iter(run.running))
        ran.append(key)
        run.fail(key) if key in failing else run.succeed(key, {"n": key})
    return ran


def run_of(run: Driver, key: str) -> TaskRun:
    return next(one for one in run.run.execution.task_runs.values() if run.key(one.id) == key)


def replayed(old: Driver, key: str) -> Driver:
    """The execution again, from one of its task runs."""
    return Driver.replayed(old.run.flow, old.run.execution, run_of(old, key).task_id, run_of(old, key).id)


def begun(old: Driver, task: str, flow: Flow | None = None, until: str | None = None) -> Driver:
    """A flow from a task on, with what stands before it taken from another execution."""
    return Driver.begun(flow or old.run.flow, old.run.execution, task, until)


# --- replay from a task run


def test_what_stood_before_is_copied_and_what_came_later_is_gone() -> None:
    old = ended(flow(body("a"), seq("s", body("b"), body("c"), body("d")), body("e"), finally_=[body("f")]))
    before = copy.deepcopy(old.run.execution)
    run = replayed(old, "c")
    assert run.states() == {"a": "SUCCESS", "s": "RUNNING", "b": "SUCCESS", "c": "RUNNING"}
    assert run.run.outputs["b"] == {"n": "b"}
    assert old.run.execution == before
    assert finish(run) == ["c", "d", "e", "f"]
    assert run.state == "SUCCESS"


def test_copies_have_ids_of_their_own_and_hang_on_copies() -> None:
    old = ended(flow(seq("s", body("a"), body("b"))))
    run = replayed(old, "b")
    assert not run.run.execution.task_runs.keys() & old.run.execution.task_runs.keys()
    assert run_of(run, "a").parent_id == run_of(run, "s").id
    assert run_of(run, "a").state == run_of(old, "a").state


def test_the_chosen_task_run_is_restarted_and_has_no_outputs_yet() -> None:
    run = replayed(ended(flow(body("a"))), "a")
    assert run_of(run, "a").outputs is None
    assert [one.value for one, _ in run_of(run, "a").state.histories] == [
        *("CREATED", "SUBMITTED", "RUNNING", "SUCCESS"),
        *("RESTARTED", "SUBMITTED", "RUNNING"),
    ]
    assert len(run_of(run, "a").attempts) == 2


def test_the_new_execution_says_whom_it_replays() -> None:
    old = ended(flow(body("a"), body("b")))
    run = replayed(old, "b")
    again = replayed(ended_now(run), "b")
    first, second, third = (one.run.execution for one in (old, run, again))
    assert (second.parent_id, second.original_id) == (first.id, first.id)
    assert (third.parent_id, third.original_id) == (second.id, first.id)
    assert second.labels["system.replay"] == "true"


def ended_now(run: Driver) -> Driver:
    finish(run)
    return run


def test_a_chosen_flowable_runs_all_its_children_again() -> None:
    run = replayed(ended(flow(body("a"), seq("s", body("b"), body("c")))), "s")
    assert run.states() == {"a": "SUCCESS", "s": "RUNNING", "b": "RUNNING"}


def test_what_runs_beside_the_chosen_one_is_kept_if_it_ended_well() -> None:
    fan = Parallel(id="fan", tasks=[body("a"), body("b"), body("c")], **GROUP)
    run = replayed(ended(flow(fan, body("z")), "c"), "b")
    assert run.states() == {"fan": "RUNNING", "a": "SUCCESS", "b": "RUNNING", "c": "RUNNING"}


def test_in_a_dag_what_depends_on_the_chosen_one_comes_later() -> None:
    members = [DagTask(body("a")), DagTask(body("b"), ["a"]), DagTask(body("c")), DagTask(body("d"), ["b", "c"])]
    run = replayed(ended(flow(Dag(id="dag", tasks=members, **GROUP))), "b")
    assert run.states() == {"dag": "RUNNING", "a": "SUCCESS", "c": "SUCCESS", "b": "RUNNING"}


def each(limit: int, *tasks: Any) -> ForEach:
    return ForEach(id="each", values=["x", "y"], tasks=list(tasks), concurrency_limit=limit, **GROUP)


def test_in_a_loop_later_values_come_later_when_they_wait_for_the_earlier_ones() -> None:
    run = replayed(ended(flow(each(1, body("a"), body("b")))), "b[x]")
    assert run.states() == {"each": "RUNNING", "a[x]": "SUCCESS", "b[x]": "RUNNING"}
    assert finish(run) == ["b[x]", "a[y]", "b[y]"]


def test_in_a_parallel_loop_the_other_values_are_kept() -> None:
    run = replayed(ended(flow(each(0, body("a"), body("b")))), "b[x]")
    assert finish(run) == ["b[x]"]
    assert run.states() == dict.fromkeys(["each", "a[x]", "a[y]", "b[x]", "b[y]"], "SUCCESS")


def test_the_branch_that_was_taken_is_taken_again() -> None:
    choice = If(id="if", condition="true", then=[body("a"), body("b")], else_=[body("c")], **GROUP)
    run = replayed(ended(flow(choice)), "b")
    assert run.states() == {"if": "RUNNING", "a": "SUCCESS", "b": "RUNNING"}


def test_handlers_run_anew_and_the_chosen_one_may_be_one_of_them() -> None:
    handled = flow(body("a"), body("b"), errors=[body("e1"), body("e2")], finally_=[body("f")])
    run = replayed(ended(handled, "b"), "e2")
    assert run.states() == {"a": "SUCCESS", "b": "FAILED", "e1": "SUCCESS", "e2": "RUNNING"}
    assert finish(run) == ["e2", "f"]
    assert run.state == "FAILED"
    assert replayed(ended(handled, "b"), "a").states() == {"a": "RUNNING"}
    assert finish(replayed(ended(handled, "b"), "f")) == ["f"]


def test_a_chosen_pause_waits_again() -> None:
    old = Driver(flow(Pause(id="wait", pause_duration="PT1M", **GROUP), body("a")))
    old.wait()
    finish(old)
    run = replayed(old, "wait")
    assert (run.state, run.states()) == ("PAUSED", {"wait": "PAUSED"})
    run.wait()
    assert finish(run) == ["a"]


# --- from a task


def test_a_part_begins_with_the_task_whatever_became_of_it_before() -> None:
    old = ended(flow(body("a"), body("b"), body("c")), "b")
    run = begun(old, "b")
    assert run.states() == {"a": "SUCCESS", "b": "RUNNING"}
    assert len(run_of(run, "b").attempts) == 1
    assert finish(run) == ["b", "c"]


def test_the_flow_may_have_changed_behind_and_around_the_task() -> None:
    old = ended(flow(body("a"), body("b"), body("gone")))
    changed = flow(body("a"), Parallel(id="new", tasks=[body("b"), body("c")], **GROUP))
    assert finish(begun(old, "new", changed)) == ["b", "c"]


@pytest.mark.parametrize(
    ("tasks", "task", "message"),
    [
        (("a", "new", "b"), "b", "`new` did not run in execution id1, and `b` comes behind it"),
        (("a", "bad", "b"), "b", "`bad` ended FAILED in execution id1, and `b` comes behind it"),
    ],
)
def test_all_that_stands_before_must_have_ended_well(tasks: tuple[str, ...], task: str, message: str) -> None:
    old = ended(flow(body("a"), body("bad")), "bad")
    with pytest.raises(StartRefused, match=message):
        begun(old, task, flow(*map(body, tasks)))


def test_a_branch_that_was_not_taken_leads_nowhere() -> None:
    choice = If(id="if", condition="false", then=[body("a")], else_=[body("b")], **GROUP)
    with pytest.raises(StartRefused, match="never came to `a`"):
        begun(ended(flow(choice)), "a")


def test_handlers_need_a_failure_and_a_main_list_that_is_over() -> None:
    handled = flow(body("a"), body("b"), errors=[body("e")], finally_=[body("f")])
    with pytest.raises(StartRefused, match="never came to `e`"):
        begun(ended(handled), "e")
    with pytest.raises(StartRefused, match="`b` did not run"):
        begun(ended(handled, until="a"), "f")
    assert finish(begun(ended(handled), "f")) == ["f"]
    assert finish(begun(ended(handled, "a"), "e")) == ["e", "f"]


@pytest.mark.parametrize("branch", ["afterExecution", ON_PAUSE])
def test_what_runs_beside_the_main_work_is_no_beginning(branch: str) -> None:
    tasks = Pause(id="wait", pause_duration="PT1M", on_pause=body("told"), **GROUP)
    old = Driver(flow(tasks, after_execution=[body("end")]))
    old.wait()
    finish(old)
    with pytest.raises(StartRefused, match=f"stands in {branch}: no execution can begin there"):
        begun(old, "end" if branch == "afterExecution" else "told")


def test_in_a_loop_a_part_begins_with_the_first_value() -> None:
    assert finish(begun(ended(flow(each(1, body("a"), body("b")))), "b")) == ["b[x]", "a[y]", "b[y]"]
    assert finish(begun(ended(flow(each(0, body("a"), body("b")))), "b")) == ["b[x]", "b[y]"]


def test_a_value_that_never_came_to_the_task_begins_anew() -> None:
    loop = each(0, seq("s", body("a"), body("b")))
    assert sorted(finish(begun(ended(flow(loop), "a[y]"), "b"))) == ["a[y]", "b[x]", "b[y]"]


def test_what_was_cut_short_on_purpose_does_not_count_as_ended() -> None:
    tasks = flow(seq("s", body("a"), body("b")), body("c"))
    with pytest.raises(StartRefused, match="`s` ran in part only"):
        begun(ended(tasks, until="a"), "c")
    assert finish(begun(ended(tasks, until="b"), "c")) == ["c"]
    assert finish(begun(ended(tasks, until="a"), "b")) == ["b", "c"]


# --- until a task


def test_behind_the_task_nothing_begins_but_finally_and_after_execution() -> None:
    tasks = [body("a"), seq("s", body("b"), body("c"), finally_=[body("inner")]), body("d")]
    run = Driver(flow(*tasks, finally_=[body("f")], after_execution=[body("end")]), until="b")
    assert finish(run) == ["a", "b", "inner", "f", "end"]
    assert run.run.finished
    assert run.state == "SUCCESS"


def test_a_failure_of_the_task_has_its_handlers() -> None:
    run = ended(flow(body("a"), body("b"), errors=[body("e")]), "a", until="a")
    assert run.states() == {"a": "FAILED", "e": "SUCCESS"}
    assert run.state == "FAILED"


def test_what_runs_beside_the_task_goes_on_to_its_end() -> None:
    fan = Parallel(id="fan", tasks=[body("a"), body("b"), body("c")], concurrent=2, **GROUP)
    run = Driver(flow(fan, body("z")), until="a")
    run.succeed("a")
    assert list(run.running) == ["b"]
    run.succeed("b")
    assert run.state == "SUCCESS"
    assert run.states() == {"fan": "SUCCESS", "a": "SUCCESS", "b": "SUCCESS"}


def test_a_loop_ends_with_the_first_value() -> None:
    assert finish(Driver(flow(each(1, body("a"), body("b")), body("z")), until="a")) == ["a[x]"]


def test_a_task_whose_branch_is_not_taken_is_passed_by_no_further_than_its_flowable() -> None:
    choice = If(id="if", condition="false", then=[body("a")], else_=[body("b")], **GROUP)
    assert finish(Driver(flow(choice, body("c")), until="a")) == ["b"]


def test_another_process_ends_with_the_task_too() -> None:
    fan = Parallel(id="fan", tasks=[body("a"), body("b"), body("c")], concurrent=2, **GROUP)
    run = Driver(flow(fan, body("z"), finally_=[body("f")]), until="a")
    run.succeed("a")
    run = Driver.restarted(run.run.flow, run.run.execution)
    assert finish(run) == ["b", "f"]
    assert run.state == "SUCCESS"


def test_only_a_task() -> None:
    old = ended(flow(body("a"), seq("s", body("b"), body("c"), body("d")), body("e")))
    run = begun(old, "c", until="c")
    assert finish(run) == ["c"]
    assert run.states() == {"a": "SUCCESS", "s": "SUCCESS", "b": "SUCCESS", "c": "SUCCESS"}
