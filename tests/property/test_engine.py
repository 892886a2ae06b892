"""Whatever order the results come in: a run ends, limits hold, and its events tell the whole story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.driver import Driver, body, flow
from tests.support.random_flows import GROUP, flows, play, replayed

from flowrun.tasks.flow.parallel import Parallel

if TYPE_CHECKING:
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task


@settings(max_examples=120, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_every_run_ends_and_leaves_nothing_open(flow: Flow, data: st.DataObject) -> None:
    run = Driver(flow)
    play(run, data.draw)
    assert run.run.finished
    *earlier, (last, _) = run.run.execution.state.histories
    assert last.is_terminal
    assert not any(state.is_terminal for state, _ in earlier)
    assert all(one.current.is_terminal for one in run.run.execution.task_runs.values())


@settings(max_examples=60, derandomize=True, deadline=None)
@given(flows(), st.data())
def test_replayed_events_give_the_same_execution(flow: Flow, data: st.DataObject) -> None:
    run = Driver(flow)
    play(run, data.draw)
    replay = replayed(flow, run.events)
    assert replay.execution == run.run.execution
    assert replay.outputs == run.run.outputs


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.integers(1, 3), st.integers(1, 6), st.data())
def test_no_more_run_at_once_than_the_limit_allows(limit: int, size: int, data: st.DataObject) -> None:
    tasks: list[Task] = [body(f"t{number}") for number in range(size)]
    run = Driver(flow(Parallel(id="fan", tasks=tasks, concurrent=limit, **GROUP)))
    while run.running:
        assert len(run.running) == min(limit, size - sum(state == "SUCCESS" for state in run.states().values()))
        run.succeed(data.draw(st.sampled_from(sorted(run.running))))
    assert run.state == "SUCCESS"
