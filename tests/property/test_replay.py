"""From whichever task an execution is replayed: it ends as before, and what stood before the task is as it was."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.driver import Driver
from tests.support.random_flows import flows, play

from flowrun.engine.replay import LISTS
from flowrun.errors import StartRefused

if TYPE_CHECKING:
    from flowrun.model.execution import TaskRun
    from flowrun.model.flow import Flow


def finish(run: Driver) -> Driver:
    """End all bodies well, the oldest first."""
    while run.running or run.timers:
        key = next(iter(run.running), None)
        run.succeed(key, {"of": key}) if key else run.wait()
    assert run.run.finished
    return run


def finished(flow: Flow) -> Driver:
    return finish(Driver(flow))


def in_lists(run: Driver) -> list[TaskRun]:
    """The task runs from which an execution may begin."""
    return [one for one in run.run.execution.task_runs.values() if run.run.branches[one.id] in LISTS]


def outcome(run: Driver) -> tuple[str, dict[str, str], dict[str, object]]:
    return run.state, run.states(), run.run.outputs


@settings(max_examples=200, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_a_replay_from_any_task_run_ends_like_the_original(flow: Flow, data: st.DataObject) -> None:
    old = finished(flow)
    before = copy.deepcopy(old.run.execution)
    chosen = data.draw(st.sampled_from(in_lists(old)))
    run = Driver.replayed(flow, old.run.execution, chosen.task_id, chosen.id)
    assert no_task_run_is_there_twice(run)
    finish(run)
    assert outcome(run) == outcome(old)
    assert old.run.execution == before


@settings(max_examples=200, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_a_part_from_any_task_ends_like_the_whole(flow: Flow, data: st.DataObject) -> None:
    old = finished(flow)
    task = data.draw(st.sampled_from(in_lists(old))).task_id
    run = Driver.begun(flow, old.run.execution, task)
    assert no_task_run_is_there_twice(run)
    assert outcome(finish(run)) == outcome(old)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_two_parts_make_a_whole(flow: Flow, data: st.DataObject) -> None:
    """Until a task, then from that task on."""
    old = finished(flow)
    task = data.draw(st.sampled_from(in_lists(old))).task_id
    first = finish(Driver(flow, until=task))
    assert outcome(finish(Driver.begun(flow, first.run.execution, task))) == outcome(old)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_whatever_became_of_it_a_replay_ends_and_keeps_only_what_went_well(flow: Flow, data: st.DataObject) -> None:
    old = Driver(flow)
    play(old, data.draw)
    candidates = in_lists(old)
    chosen = data.draw(st.sampled_from(candidates))
    try:
        run = Driver.replayed(flow, old.run.execution, chosen.task_id, chosen.id)
    except StartRefused:
        return  # something before it never ended well
    assert no_task_run_is_there_twice(run)
    play(run, data.draw)
    assert run.run.finished
    assert all(one.current.is_terminal for one in run.run.execution.task_runs.values())


def no_task_run_is_there_twice(run: Driver) -> bool:
    return not [key for key, number in Counter(map(run.key, run.run.execution.task_runs)).items() if number > 1]
