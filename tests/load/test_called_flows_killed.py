"""`kill -9` at any moment of a flow that loops and calls others, then `restart`: what has ended, here or there, ran once."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest
from tests.load.place import Place, wait_until

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from pathlib import Path

    from tests.load.place import Call

    from flowrun.store.executions import Stored

ROUNDS = 12
AT_ONCE = 4

CHILD = """
id: child
namespace: load
tasks:
  - {id: begins, type: load.Effect, seconds: 0.02}
  - {id: ends, type: load.Effect, seconds: 0.02}
outputs:
  - {id: last, type: STRING, value: "{{ outputs.ends.task }}"}
"""
BATCH = """
id: batch
namespace: load
inputs:
  - {id: rows, type: FILE}
tasks:
  - {id: handle, type: load.Effect, seconds: 0.02}
outputs:
  - {id: rows, type: STRING, value: "{{ read(inputs.rows) | trim }}"}
"""
PARENT = """
id: parent
namespace: load
tasks:
  - {id: first, type: load.Effect}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: work, type: load.Effect, seconds: 0.05}
      - {id: left, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child}
      - {id: right, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child}
      - {id: loose, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child, wait: false}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b]
    concurrencyLimit: 0
    tasks:
      - {id: visit, type: load.Effect, seconds: 0.02}
      - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child}
  - id: poll
    type: io.kestra.plugin.core.flow.LoopUntil
    condition: "{{ outputs.poll.iterationCount >= 3 }}"
    checkFrequency: {interval: PT0.03S}
    tasks:
      - {id: look, type: load.Effect, seconds: 0.02}
  - {id: lines, type: io.kestra.plugin.core.storage.Write, content: "1\\n2\\n3\\n4\\n5\\n6\\n"}
  - id: items
    type: io.kestra.plugin.core.flow.ForEachItem
    items: "{{ outputs.lines.uri }}"
    namespace: load
    flowId: batch
    inputs: {rows: "{{ taskrun.items }}"}
  - {id: show, type: io.kestra.plugin.core.debug.Return, format: "{{ read(outputs.items_merge.subflowOutputs) }}"}
  - {id: last, type: load.Effect}
"""

DEADLY_CHILD = """
id: child
namespace: load
tasks:
  - {id: deadly, type: load.Deadly}
  - {id: work, type: load.Effect}
"""
BUSY_CALLER = """
id: parent
namespace: load
tasks:
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child, wait: WAIT}
      - id: each
        type: io.kestra.plugin.core.flow.ForEach
        values: "{{ range(1, 300) }}"
        concurrencyLimit: 0
        tasks:
          - {id: hum, type: io.kestra.plugin.core.log.Log, message: "so that the loop is busy when flowrun is killed"}
"""

EFFECTS = Counter(first=1, work=1, visit=2, look=2, last=1, begins=5, ends=5, handle=6)
"""How often each task ends that nobody disturbs."""

LINES = 2 * EFFECTS.total()
"""Lines that a run writes which nobody disturbs."""

EXECUTIONS = Counter(parent=1, child=5, batch=6)


def test_kill_9_at_any_moment_repeats_no_finished_task_of_a_called_flow_and_calls_none_twice(tmp_path):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kills = sum(pool.map(lambda seed: round_of(seed, tmp_path / str(seed)), range(ROUNDS)))
    assert kills > ROUNDS, "too few were killed at work to prove anything"


@pytest.mark.parametrize("wait", ["true", "false"])
def test_a_caller_is_kept_before_what_it_calls_has_an_effect(place: Place, wait):
    place.flow(DEADLY_CHILD)
    assert place.start("run", place.flow(BUSY_CALLER.replace("WAIT", wait))).end().code == -SIGKILL
    (parent,) = [one["id"] for one in place.history() if one["flowId"] == "parent"]
    assert place.call("restart", parent).code == 0
    assert [one.word for one in place.effects()] == ["start", "end"]
    assert sorted(one["flowId"] for one in place.history()) == ["child", "parent"]


def round_of(seed: int, folder: Path) -> int:
    """Run, kill, restart, kill again, … to the end. Returns how many processes were killed before their end."""
    folder.mkdir()
    with closing(Place(folder)) as place:
        try:
            return kill_and_restart(place, Random(seed))
        except BaseException as problem:
            problem.add_note(f"in the round with the seed {seed}")
            raise


def kill_and_restart(place: Place, random: Random) -> int:
    place.flow(CHILD)
    place.flow(BATCH)
    flow = place.flow(PARENT)
    kill_somewhere(place, place.start("run", flow), random)
    times = random.choice([1, 2, 3])
    moments: list[tuple[int, frozenset[str]]] = []
    while not (parents := [one for one in all_stored(place) if one.execution.flow_id == "parent"]) or (
        parents[0].execution.current is not StateType.SUCCESS
    ):
        moments.append((len(place.effects()), finished(place)))
        again = ("restart", parents[0].execution.id) if parents else ("run", flow)
        if len(moments) > times:
            assert place.call(*again).code == 0
        else:
            kill_somewhere(place, place.start(*again), random)
    go_on_with_the_loose(place)
    check_outcome(place, moments)
    return len(moments)


def kill_somewhere(place: Place, call: Call, random: Random) -> None:
    """Kill it as it starts, or a little after one of the effects that are still to come."""
    already = len(place.effects())
    lines = random.randrange(LINES - already) if already < LINES else 0
    wait_until(lambda: call.has_ended or len(place.effects()) - already >= lines)
    time.sleep(random.uniform(0, 0.03 if lines else 0.3))
    call.kill()


def go_on_with_the_loose(place: Place) -> None:
    """Nobody waits for a flow that was called without `wait`: when the process dies behind its caller's end, it is cut short."""
    for one in all_stored(place):
        if one.execution.current is not StateType.SUCCESS:
            assert one.execution.flow_id == "child"
            assert place.call("restart", one.execution.id).code == 0


def all_stored(place: Place) -> list[Stored]:
    return [place.stored(execution_id) for (execution_id,) in place.rows("SELECT id FROM executions ORDER BY number")]


def finished(place: Place) -> frozenset[str]:
    """The task runs that have ended, in all executions."""
    return frozenset(
        run.id for one in all_stored(place) for run in one.execution.task_runs.values() if run.current.is_terminal
    )


def check_outcome(place: Place, moments: list[tuple[int, frozenset[str]]]) -> None:
    stored, effects = all_stored(place), place.effects()
    assert Counter(one.execution.flow_id for one in stored) == EXECUTIONS, "a flow was called twice, or not at all"
    assert {one.execution.current for one in stored} == {StateType.SUCCESS}
    ended = {one.task_run: one.task for one in effects if one.word == "end"}
    assert Counter(ended.values()) == EFFECTS
    for count, finished_then in moments:
        assert not {one.task_run for one in effects[count:] if one.word == "start"} & finished_then
    shown = [run for run in stored[0].execution.task_runs.values() if run.task_id == "show"]
    assert [run.outputs["value"].split() for run in shown] == [[f'{{rows:"{n}"}}' for n in range(1, 7)]]
