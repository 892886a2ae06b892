"""What stops a run stops all that it called: signals at any moment, `kill` of the caller and of the called."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING

from tests.load.place import Place, wait_until

from flowrun.model.state import StateType
from flowrun.runtime.run_context import GRACE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.load.place import Call

ROUNDS = 12
AT_ONCE = 4
CODES = {SIGINT: 130, SIGTERM: 143}

CHILD = """
id: child
namespace: load
tasks:
  - {id: begin, type: load.Effect}
  - {id: work, type: load.Command, command: "(sleep 60; echo never) & wait"}
afterExecution:
  - {id: after, type: io.kestra.plugin.core.log.Log, message: "after {{ execution.state }}"}
"""
PARENT = """
id: parent
namespace: load
tasks:
  - {id: lines, type: io.kestra.plugin.core.storage.Write, content: "1\\n2\\n3\\n"}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child}
      - {id: loose, type: io.kestra.plugin.core.flow.Subflow, namespace: load, flowId: child, wait: false}
      - id: each
        type: io.kestra.plugin.core.flow.ForEach
        values: [a, b]
        concurrencyLimit: 0
        tasks:
          - {id: visit, type: load.Effect, seconds: 0.05}
          - {id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT60S}
      - id: poll
        type: io.kestra.plugin.core.flow.LoopUntil
        condition: "{{ false }}"
        checkFrequency: {interval: PT0.05S}
        tasks:
          - {id: look, type: load.Command, command: "sleep 0.05"}
      - {id: items, type: io.kestra.plugin.core.flow.ForEachItem, items: "{{ outputs.lines.uri }}", namespace: load, flowId: child}
  - {id: never, type: load.Effect}
"""
BEGUN = 7
"""Tasks that begin with an effect: five of called flows, two of the loop."""


def started(place: Place) -> Call:
    place.flow(CHILD)
    return place.start("run", place.flow(PARENT))


def test_a_signal_at_any_moment_ends_the_run_and_all_that_it_called(tmp_path):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        at_work = sum(pool.map(lambda seed: round_of(seed, tmp_path / str(seed)), range(ROUNDS)))
    assert at_work > ROUNDS / 2, "too few had called anything to prove anything"


def round_of(seed: int, folder: Path) -> bool:
    """Run, and send a signal somewhere. Returns whether a flow had been called by then."""
    folder.mkdir()
    random = Random(seed)
    number = random.choice([SIGINT, SIGTERM])
    with closing(Place(folder)) as place:
        try:
            call = started(place)
            wait_until(place.has_store)
            wait_until(lambda: place.rows("SELECT 1 FROM executions"))
            begun = random.randrange(BEGUN + 1)
            wait_until(lambda: sum(one.word == "start" for one in place.effects()) >= begun)
            time.sleep(random.uniform(0, 0.2))
            call.send(number)
            ended = call.end()
            assert (ended.code, "Traceback" in ended.stderr) == (CODES[number], False), ended
            check_killed(place)
            return len(place.rows("SELECT 1 FROM executions")) > 1
        except BaseException as problem:
            problem.add_note(f"in the round with the seed {seed}")
            raise


def check_killed(place: Place) -> None:
    """Everything has ended, each execution as KILLED with what comes after it, and no process is left."""
    assert place.processes() == []
    for (execution_id,) in place.rows("SELECT id FROM executions"):
        stored = place.stored(execution_id)
        assert stored.execution.current is StateType.KILLED
        assert not stored.interrupted
        assert {one.current.is_terminal for one in stored.execution.task_runs.values()} <= {True}
        said = [one.message for one in place.logs(execution_id) if one.task_id == "after"]
        assert said == (["after KILLED"] if stored.execution.flow_id == "child" else [])
    assert "never" not in {one.task for one in place.effects()}


def test_kill_from_another_process_ends_the_caller_and_what_waits_for_nobody_goes_on(place: Place):
    run = started(place)
    wait_until(lambda: sum(one.word == "end" for one in place.effects()) == BEGUN)
    (parent,) = [one["id"] for one in place.history() if one["flowId"] == "parent"]
    killed = place.call("kill", parent)
    assert (killed.code, killed.stdout) == (0, f"{parent} killed\n")
    states = Counter((one["flowId"], one["state"]["current"]) for one in place.history())
    assert states == {("parent", "KILLED"): 1, ("child", "KILLED"): 4, ("child", "RUNNING"): 1}
    (loose,) = [one["id"] for one in place.history() if one["state"]["current"] == "RUNNING"]
    assert place.call("kill", loose).code == 0
    run.end()
    check_killed(place)


def test_kill_from_another_process_ends_a_called_execution_alone(place: Place):
    run = started(place)
    wait_until(lambda: sum(one.word == "end" for one in place.effects()) == BEGUN)
    (parent,) = [one["id"] for one in place.history() if one["flowId"] == "parent"]
    called = {task_run.task_id: task_run for task_run in place.stored(parent).execution.task_runs.values()}
    (child,) = [
        execution_id
        for (execution_id,) in place.rows("SELECT id FROM executions WHERE flow_id = 'child'")
        if place.stored(execution_id).execution.trigger["variables"]["taskRunId"] == called["call"].id
    ]
    killed = place.call("kill", child)
    assert killed.code == 0
    assert killed.seconds < GRACE
    wait_until(lambda: place.stored(parent).execution.task_runs[called["call"].id].current is StateType.KILLED)
    assert Counter(one["state"]["current"] for one in place.history() if one["flowId"] == "child") == {
        "KILLED": 1,
        "RUNNING": 4,
    }
    assert not run.has_ended
