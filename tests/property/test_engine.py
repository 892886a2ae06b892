"""Whatever order the results come in: a run ends, limits hold, and its events tell the whole story."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.driver import Driver, body, flow

from flowrun.engine.evolve import evolve
from flowrun.engine.run import Run
from flowrun.model.state import StateType
from flowrun.tasks.allow_failure import AllowFailure
from flowrun.tasks.for_each import ForEach
from flowrun.tasks.parallel import Parallel
from flowrun.tasks.sequential import Sequential

if TYPE_CHECKING:
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task

GROUP = {"type": "test.Group"}


class Names:
    """Task ids that no other task of the flow has."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> str:
        self.count += 1
        return f"t{self.count}"


def make_task(shape: Any, names: Names) -> Task:
    kind, *rest = shape
    name = names.next()
    if kind == "body":
        return body(name, allow_failure=rest[0])
    children = [make_task(child, names) for child in rest[0]]
    if kind == "parallel":
        return Parallel(id=name, tasks=children, concurrent=rest[1], **GROUP)
    if kind == "each":
        return ForEach(id=name, tasks=children, values=["x", "y", "z"], concurrency_limit=rest[1], **GROUP)
    errors = [make_task(child, names) for child in rest[2]] or None
    group = AllowFailure if kind == "allow" else Sequential
    return group(id=name, tasks=children, errors=errors, **GROUP)


bodies = st.tuples(st.just("body"), st.booleans())
shapes = st.recursive(
    bodies,
    lambda inner: st.tuples(
        st.sampled_from(["parallel", "each", "group", "allow"]),
        st.lists(inner, min_size=1, max_size=3),
        st.integers(0, 2),
        st.lists(bodies, max_size=2),
    ),
    max_leaves=6,
)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    names = Names()
    tasks = [make_task(shape, names) for shape in draw(st.lists(shapes, min_size=1, max_size=3))]
    errors = [make_task(shape, names) for shape in draw(st.lists(bodies, max_size=2))]
    finally_ = [make_task(shape, names) for shape in draw(st.lists(bodies, max_size=2))]
    return flow(*tasks, errors=errors or None, finally_=finally_ or None)


def play(run: Driver, draw: Any) -> None:
    """End the running bodies in any order, each well or badly."""
    for _ in range(500):
        if not run.running:
            return
        key = draw(st.sampled_from(sorted(run.running)))
        if draw(st.integers(0, 3)):
            run.succeed(key, {"n": 1})
        else:
            run.fail(key)


@settings(max_examples=120, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_every_run_ends_and_leaves_nothing_open(flow: Flow, data: st.DataObject) -> None:
    run = Driver(flow)
    play(run, data.draw)
    assert run.run.finished
    assert run.run.execution.current.is_terminal
    assert all(one.current.is_terminal for one in run.run.execution.task_runs.values())


@settings(max_examples=60, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_replayed_events_give_the_same_execution(flow: Flow, data: st.DataObject) -> None:
    run = Driver(flow)
    created = copy.deepcopy(run.events)
    play(run, data.draw)
    later = [copy.deepcopy(event) for event in run.events[len(created) :]]
    assert later or run.run.finished
    replay = Run(flow, copy.deepcopy(run.run.execution), lambda: "", lambda: 0.0)
    for event in fresh(created + later):
        evolve(replay, event)
    assert replay.execution == run.run.execution
    assert replay.outputs == run.run.outputs


def fresh(events: list[Any]) -> list[Any]:
    """The events with their objects as they were when they happened: the live ones have changed since."""
    for event in events:
        if (execution := getattr(event, "execution", None)) is not None:
            execution.task_runs.clear()
            execution.outputs = {}
            execution.state.histories[1:] = []
            execution.state.current = StateType.CREATED
        if (task_run := getattr(event, "task_run", None)) is not None:
            task_run.attempts.clear()
            task_run.outputs = None
            task_run.state.histories[1:] = []
            task_run.state.current = StateType.CREATED
    return events


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(1, 3), st.integers(1, 6), st.data())
def test_no_more_run_at_once_than_the_limit_allows(limit: int, size: int, data: st.DataObject) -> None:
    tasks: list[Task] = [body(f"t{number}") for number in range(size)]
    run = Driver(flow(Parallel(id="fan", tasks=tasks, concurrent=limit, **GROUP)))
    while run.running:
        assert len(run.running) == min(limit, size - sum(state == "SUCCESS" for state in run.states().values()))
        run.succeed(data.draw(st.sampled_from(sorted(run.running))))
    assert run.state == "SUCCESS"
