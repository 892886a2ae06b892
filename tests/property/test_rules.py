"""Whatever the flow and whatever the order of results: the engine does what the rules say, step by step.

The rules are those of `tests/support/naive.py`. `FLOWRUN_FUZZ_SECONDS` says how long each kind of flow is tried
beyond the first ones (not at all in `make test`, 60 seconds in `make fuzz`), `FLOWRUN_FUZZ_SEED` from where.
"""

from __future__ import annotations

import os
import time
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_restart import stored
from tests.property.test_store import a_store
from tests.support.driver import Driver
from tests.support.flow_documents import Maker, fails, text_of
from tests.support.naive import MAIN
from tests.support.random_flows import replayed
from tests.support.side_by_side import SideBySide, path_of
from tests.support.stored import refuse

from flowrun.store.executions import read_stored
from flowrun.store.recorder import Recorder

if TYPE_CHECKING:
    from tests.support.naive import Document, Naive
    from tests.support.side_by_side import Path

    from flowrun.model.execution import Execution

SECONDS = float(os.environ.get("FLOWRUN_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("FLOWRUN_FUZZ_SEED", "1"))
FIRST = 250

randoms = st.integers(0, 2**32).map(Random)


def begun(random: Random, *, parallel: bool, steady: bool = False) -> SideBySide:
    return SideBySide(Maker(random, parallel=parallel, steady=steady).flow(), parallel=parallel)


@pytest.mark.parametrize("kills", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
def test_every_step_is_what_the_rules_say(parallel: bool, kills: bool) -> None:
    end, number = time.monotonic() + SECONDS, SEED
    while number < SEED + FIRST or time.monotonic() < end:
        random = Random(number)
        flow = Maker(random, parallel=parallel).flow()
        try:
            SideBySide(flow, parallel=parallel).play(random, random.randint(0, 8) if kills else None)
        except Exception as problem:
            raise AssertionError(f"seed {number}: {text_of(flow)}") from problem
        number += 1
    print(f"{number - SEED} flows")  # noqa: T201 - for whoever runs it by hand


@settings(max_examples=100, derandomize=True, deadline=None)
@given(randoms)
def test_no_group_has_more_at_work_than_it_may(random: Random) -> None:
    both = begun(random, parallel=True)
    for _ in both.moments(random):
        limits_hold(both.naive)


def limits_hold(naive: Naive) -> None:
    """A value of a ForEach is at work from its first task to its last, as one."""
    for owner in naive.runs:
        unfinished = [run for run in naive.children(owner, MAIN) if not run.ended]
        if limit := owner.task.get("concurrent"):
            assert len(unfinished) <= limit
        if limit := owner.task.get("concurrencyLimit"):
            assert len({run.value for run in unfinished}) == len(unfinished) <= limit


@settings(max_examples=100, derandomize=True, deadline=None)
@given(randoms, st.booleans())
def test_the_events_tell_all_there_is_to_know(random: Random, parallel: bool) -> None:
    both = begun(random, parallel=parallel)
    both.play(random)
    run = both.driver.run
    replay = replayed(both.flow, both.driver.events)
    assert (replay.execution, replay.outputs) == (run.execution, run.outputs)


@settings(max_examples=20, derandomize=True, deadline=None)
@given(randoms)
def test_the_store_forgets_nothing(random: Random) -> None:
    both = begun(random, parallel=True)
    both.play(random)
    execution = both.driver.run.execution
    with a_store() as database:
        recorder = Recorder(database, "id: flow", "flow.yaml", refuse)
        for event in both.driver.events:
            recorder.handle(event)
        recorder.flush()
        assert read_stored(database, execution.id).execution == execution


@settings(max_examples=150, derandomize=True, deadline=None)
@given(randoms)
def test_after_a_cut_at_any_event_a_run_in_order_ends_as_the_uncut_one_does(random: Random) -> None:
    both = begun(random, parallel=False, steady=True)
    both.play(random)
    events = both.driver.events
    kept = stored(both.flow, events[: random.randint(1, len(events))])
    if kept.current.is_terminal:
        return
    again = Driver.restarted(both.flow, kept)
    while not again.run.finished:
        go_on(again)
    assert ends_of(again.run.execution) == ends_of(both.driver.run.execution)


def go_on(run: Driver) -> None:
    """The body that is at work ends; when there is none, the next attempt is due."""
    for key, command in run.running.items():
        task = run.run.task(run.run.execution.task_runs[command.task_run_id])
        return run.fail(key) if fails(task, command.attempt) else run.succeed(key)
    return run.wait()


def ends_of(execution: Execution) -> tuple[str, dict[Path, str]]:
    states = {path_of(execution, one.id): one.current.value for one in execution.task_runs.values()}
    return execution.current.value, states


LOG, FAIL, FLOW = (f"io.kestra.plugin.core.{name}" for name in ("log.Log", "execution.Fail", "flow"))
TWICE = {"type": "constant", "interval": "PT1S", "maxAttempts": 2, "warningOnRetry": True}
ONCE_BROKEN = {"id": "a", "type": FAIL, "condition": "{{ taskrun.attemptsCount < 1 }}"}


def log(name: str) -> Document:
    return {"id": name, "type": LOG, "message": "hi"}


SINGLE: dict[str, Document] = {
    "free members of a limited Dag start in the order of the file": {
        "type": f"{FLOW}.Dag",
        "concurrent": 1,
        "tasks": [{"task": log("c"), "dependsOn": ["a"]}, {"task": log("a")}, {"task": log("b")}],
    },
    "a failed group waits for the next attempt of a child": {
        "type": f"{FLOW}.Parallel",
        "tasks": [{"id": "a", "type": FAIL, "retry": TWICE}, {"id": "b", "type": FAIL}],
    },
    "warningOnRetry is not inherited": {"type": f"{FLOW}.Sequential", "tasks": [ONCE_BROKEN], "retry": TWICE},
    "allowFailure of a Switch without a matching case": {
        "type": f"{FLOW}.Switch",
        "value": "y",
        "cases": {"x": [log("a")]},
        "allowFailure": True,
    },
}
"""A group for each rule that flows by chance seldom meet."""


@pytest.mark.parametrize("rule", SINGLE)
def test_rules_that_are_seldom_met(rule: str) -> None:
    flow = {"id": "flow", "namespace": "test", "tasks": [{"id": "group", **SINGLE[rule]}, log("after")]}
    for number in range(20):
        SideBySide(flow, parallel=True).play(Random(number))
