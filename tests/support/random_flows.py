"""Flows of any shape, and runs of them in any order: what the property tests draw."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from tests.support.driver import Driver, body, flow

from flowrun.engine.evolve import evolve
from flowrun.engine.messages import BodyKilled, BodySucceeded
from flowrun.engine.run import Run
from flowrun.model.retry import ConstantRetry
from flowrun.model.state import StateType
from flowrun.tasks.flow.allow_failure import AllowFailure
from flowrun.tasks.flow.dag import Dag, DagTask
from flowrun.tasks.flow.for_each import ForEach
from flowrun.tasks.flow.if_ import If
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.sequential import Sequential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.model.events import Event
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task

GROUP = {"type": "test.Group"}
ONCE_MORE = ConstantRetry(type="constant", interval=timedelta(seconds=5), max_attempts=2)

BODIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "tolerant": {"allow_failure": True},
    "stubborn": {"retry": ONCE_MORE},
    "skipped": {"run_if": "false"},
    "hasty": {"timeout": "PT9S"},
}


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
        return body(name, **BODIES[rest[0]])
    children = [make_task(child, names) for child in rest[0]]
    limit, before = rest[1], rest[2]
    more: dict[str, Any] = {
        "errors": [make_task(child, names) for child in rest[3]] or None,
        "finally_": [make_task(child, names) for child in rest[4]] or None,
        **GROUP,
    }
    match kind:
        case "parallel":
            return Parallel(id=name, tasks=children, concurrent=limit, **more)
        case "each":
            return ForEach(id=name, tasks=children, values=["x", "y", "z"], concurrency_limit=limit, **more)
        case "dag":
            return Dag(id=name, tasks=members(children, before), concurrent=limit, **more)
        case "if":
            return If(id=name, condition="true" if limit else "false", then=children[:1], else_=children[1:], **more)
    return (AllowFailure if kind == "allow" else Sequential)(id=name, tasks=children, **more)


def members(children: Sequence[Task], before: Sequence[set[int]]) -> list[DagTask]:
    """Each child with those before it that must have ended: `before` holds their places."""
    return [
        DagTask(child, [children[one].id for one in sorted(wanted) if one < place])
        for place, (child, wanted) in enumerate(zip(children, before, strict=False))
    ]


bodies = st.tuples(st.just("body"), st.sampled_from(sorted(BODIES)))
shapes = st.recursive(
    bodies,
    lambda inner: st.tuples(
        st.sampled_from(["parallel", "each", "dag", "if", "group", "allow"]),
        st.lists(inner, min_size=1, max_size=4),
        st.integers(0, 2),
        st.lists(st.sets(st.integers(0, 3), max_size=2), min_size=4, max_size=4),
        st.lists(bodies, max_size=2),
        st.lists(bodies, max_size=1),
    ),
    max_leaves=6,
)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    names = Names()

    def some(shape: st.SearchStrategy[Any], least: int, most: int) -> list[Task] | None:
        return [make_task(one, names) for one in draw(st.lists(shape, min_size=least, max_size=most))] or None

    return flow(
        *some(shapes, 1, 3) or (),
        errors=some(bodies, 0, 2),
        finally_=some(bodies, 0, 2),
        after_execution=some(bodies, 0, 1),
    )


def play(run: Driver, draw: Any, steps: int = 500) -> None:
    """End the running bodies in any order, each well or badly; timers fire now and then. At most so many steps."""
    for _ in range(steps):
        if run.run.finished:
            return
        step(run, draw)


def step(run: Driver, draw: Any) -> None:
    """One message: a body ends, a cancelled one is gone or had ended before it heard of it, or the next timer fires."""
    choices = [*sorted(run.running), *(f"cancelled {key}" for key in sorted(run.cancelled))]
    choices += ["timer"] if run.timers else []
    chosen = draw(st.sampled_from(choices))
    if chosen == "timer":
        run.wait()
    elif chosen.startswith("cancelled "):
        command = run.cancelled.pop(chosen.removeprefix("cancelled "))
        message = draw(st.sampled_from([BodyKilled, BodySucceeded]))
        run.send(message(command.task_run_id, command.attempt))
    elif draw(st.integers(0, 3)):
        run.succeed(chosen, {"n": 1})
    else:
        run.fail(chosen)


def fresh(events: Sequence[Event]) -> list[Any]:
    """Copies of the events, with their objects as they were when they happened: the live ones have changed since."""
    copies: list[Any] = copy.deepcopy(list(events))
    for event in copies:
        if (execution := getattr(event, "execution", None)) is not None:
            execution.task_runs.clear()
            execution.outputs = {}
            begin_again(execution.state)
        if (task_run := getattr(event, "task_run", None)) is not None:
            task_run.attempts.clear()
            task_run.outputs = None
            begin_again(task_run.state)
    return copies


def begin_again(state: Any) -> None:
    state.histories[1:] = []
    state.current = StateType.CREATED


def replayed(flow: Flow, events: Sequence[Event]) -> Run:
    """A run that heard these events of another one, the first of them included, and nothing else."""
    copies = fresh(events)
    run = Run(flow, copies[0].execution, lambda: "", lambda: 0.0)
    for event in copies:
        evolve(run, event)
    return run
