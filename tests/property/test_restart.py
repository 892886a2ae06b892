"""Whenever a process dies or is killed, another one ends the execution and does nothing twice that was done."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.driver import Driver
from tests.support.random_flows import flows, play, replayed, step

from flowrun.engine.messages import Kill
from flowrun.errors import StartRefused
from flowrun.model.state import StateType
from flowrun.model.task import FlowableTask
from flowrun.store.rows import execution_row, read_execution, read_task_run, task_run_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Flow

DONE = {StateType.SUCCESS, StateType.WARNING, StateType.FAILED, StateType.SKIPPED}
WELL_DONE = DONE - {StateType.FAILED}


def stored(flow: Flow, events: list[Event]) -> Execution:
    """The execution as a store holds it that heard these events."""
    execution = replayed(flow, events).execution
    task_runs = [read_task_run(task_run_row(one)) for one in execution.task_runs.values()]
    return read_execution(execution_row(execution), task_runs)


def ends(run: Driver, draw: Any) -> None:
    """Play to the end; all that must hold on the way and then."""
    for _ in range(500):
        limits_hold(run)
        if run.run.finished:
            break
        step(run, draw)
    assert run.run.finished
    assert run.run.execution.current.is_terminal
    assert all(one.current.is_terminal for one in run.run.execution.task_runs.values())
    assert not [key for key, count in Counter(map(run.key, run.run.execution.task_runs)).items() if count > 1]


def limits_hold(run: Driver) -> None:
    """No group has more children of its main list at work than it may."""
    at_work = [one for one in run.run.execution.task_runs.values() if is_at_work(run, one)]
    at_once = Counter(one.parent_id for one in at_work if run.run.branches[one.id] == "tasks")
    for one in at_work:
        task = run.run.task(one)
        limit = getattr(task, "concurrent", 0) or getattr(task, "concurrency_limit", 0)
        assert not limit or at_once[one.id] <= limit


def is_at_work(run: Driver, task_run: TaskRun) -> bool:
    """Whether it takes a place in its group; what is RESTARTED, and a flowable that is not open yet, waits for one."""
    waits = isinstance(run.run.task(task_run), FlowableTask) and task_run.id not in run.run.groups
    return not (waits or task_run.current.is_terminal or task_run.current is StateType.RESTARTED)


def those(execution: Execution, wanted: Callable[[TaskRun], bool]) -> dict[str, TaskRun]:
    """Copies of some task runs."""
    return {one.id: copy.deepcopy(one) for one in execution.task_runs.values() if wanted(one)}


def are_unchanged(before: dict[str, TaskRun], run: Driver) -> bool:
    return {one: run.run.execution.task_runs.get(one) for one in before} == before


@settings(max_examples=150, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_after_a_cut_at_any_event_the_execution_ends_and_nothing_that_had_ended_changes(
    flow: Flow, data: st.DataObject
) -> None:
    run = Driver(flow)
    play(run, data.draw)
    kept = stored(flow, run.events[: data.draw(st.integers(1, len(run.events)))])
    if kept.current.is_terminal:
        return
    before = those(kept, lambda one: one.current in DONE)
    run = Driver.restarted(flow, kept)
    ends(run, data.draw)
    assert are_unchanged(before, run)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_cuts_may_follow_each_other(flow: Flow, data: st.DataObject) -> None:
    """Between turns, as a store is written."""
    run = Driver(flow)
    for _ in range(3):
        play(run, data.draw, data.draw(st.integers(0, 8)))
        if run.run.execution.current.is_terminal:
            break
        before = those(run.run.execution, lambda one: one.current in DONE)
        run = Driver.restarted(flow, copy.deepcopy(run.run.execution))
        assert are_unchanged(before, run)
    ends(run, data.draw)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_an_execution_that_ended_is_restarted_when_something_failed_and_what_went_well_stays(
    flow: Flow, data: st.DataObject
) -> None:
    run = Driver(flow)
    play(run, data.draw)
    execution = run.run.execution
    main = [one for one in execution.task_runs.values() if well_placed(run, one)]
    failed = [one for one in main if one.current is StateType.FAILED]
    before = those(execution, lambda one: one in main and bool(is_done_body(run, one)))
    try:
        run = Driver.restarted(flow, execution)
    except StartRefused:
        assert not failed
        return
    assert failed
    ends(run, data.draw)
    assert are_unchanged(before, run)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_a_kill_at_any_moment_leaves_nothing_open_and_a_restart_ends_what_it_cut_short(
    flow: Flow, data: st.DataObject
) -> None:
    run = Driver(flow)
    play(run, data.draw, data.draw(st.integers(0, 12)))
    if run.run.execution.current.is_terminal:
        return
    run.send(Kill())
    ends(run, data.draw)
    assert run.run.execution.current is StateType.KILLED
    before = those(run.run.execution, lambda one: well_placed(run, one) and is_done_body(run, one))
    run = Driver.restarted(flow, run.run.execution)
    ends(run, data.draw)
    assert are_unchanged(before, run)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_one_whose_process_died_at_any_event_can_be_killed_by_another(flow: Flow, data: st.DataObject) -> None:
    run = Driver(flow)
    play(run, data.draw)
    kept = stored(flow, run.events[: data.draw(st.integers(1, len(run.events)))])
    if kept.current.is_terminal:
        return
    before = those(kept, lambda one: one.current in DONE)
    run = Driver.taken_up(flow, kept)
    run.send(Kill())
    ends(run, data.draw)
    assert run.run.execution.current is StateType.KILLED
    assert are_unchanged(before, run)


def is_done_body(run: Driver, task_run: TaskRun) -> bool:
    return task_run.current in WELL_DONE and not isinstance(run.run.task(task_run), FlowableTask)


def well_placed(run: Driver, task_run: TaskRun) -> bool:
    """Whether it and all around it stand in main lists: handlers run anew."""
    chain = [task_run]
    while chain[-1].parent_id is not None:
        chain.append(run.run.execution.task_runs[chain[-1].parent_id])
    return all(run.run.branches[one.id] == "tasks" for one in chain)
