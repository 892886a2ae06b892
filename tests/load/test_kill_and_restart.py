"""`kill -9` at any moment, then `restart`: nothing finished is lost, nothing finished runs twice."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from random import Random
from signal import SIGKILL
from typing import TYPE_CHECKING

from tests.load.place import Place, wait_until

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from pathlib import Path

    from tests.load.place import Call

    from flowrun.model.execution import TaskRun
    from flowrun.store.executions import Stored

ROUNDS = 15
AT_ONCE = 4

FLOW = """
id: mixed
namespace: load
tasks:
  - {id: first, type: load.Effect, seconds: 0.03}
  - {id: second, type: load.Effect, seconds: 0.03}
  - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.first.task }}, {{ outputs.second.task }}"}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: left, type: load.Effect, seconds: 0.02}
      - {id: right, type: load.Effect, seconds: 0.05}
      - {id: hint, type: io.kestra.plugin.core.log.Log, message: beside}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b, c]
    concurrencyLimit: 2
    tasks:
      - {id: visit, type: load.Effect, seconds: 0.02}
      - {id: tell, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.visit[taskrun.value].task }} {{ taskrun.value }}"}
  - {id: last, type: load.Effect, seconds: 0.02}
  - {id: bye, type: io.kestra.plugin.core.log.Log, message: bye}
"""
DEADLY = """
id: deadly
namespace: load
tasks:
  - {id: first, type: load.Effect}
  - {id: say, type: io.kestra.plugin.core.log.Log, message: said once}
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: deadly, type: load.Deadly}
      - id: each
        type: io.kestra.plugin.core.flow.ForEach
        values: "{{ range(1, 300) }}"
        concurrencyLimit: 0
        tasks:
          - {id: hum, type: io.kestra.plugin.core.log.Log, message: "so that the loop is busy when flowrun is killed"}
"""

ONCE = ["first", "second", "say", "beside", "left", "right", "hint", "each", "last", "bye"]
IN_LOOP = ["visit", "tell"]
ALL = Counter([(task, None) for task in ONCE] + [(task, value) for task in IN_LOOP for value in "abc"])
TURN = {"first": 0, "second": 1, "left": 2, "right": 2, "visit": 3, "last": 4}
"""The tasks with an effect; one of a later turn begins when all of the turn before have ended."""

EFFECTS = 16
"""Lines that a run writes which nobody disturbs."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was kept when a process was killed: the effects until then, the finished task runs, and their log."""

    effects: int
    finished: frozenset[str]
    log: Counter[tuple[str | None, str]]


def test_kill_9_at_any_moment_loses_nothing_finished_and_repeats_nothing_finished(tmp_path):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        kills = sum(pool.map(lambda seed: round_of(seed, tmp_path / str(seed)), range(ROUNDS)))
    assert kills > ROUNDS / 2, "too few were killed at work to prove anything"


def test_what_has_ended_is_kept_before_the_next_task_begins(place: Place):
    run = place.start("run", place.flow(DEADLY))
    assert run.end().code == -SIGKILL
    kept = {one.task_id: one.current for one in runs_of(place.stored())}
    assert (kept["first"], kept["say"], kept["deadly"]) == (StateType.SUCCESS, StateType.SUCCESS, StateType.RUNNING)
    assert place.call("restart", "--last").code == 0
    assert [one.word for one in place.effects()] == ["start", "end"]
    assert [one.message for one in place.logs(place.stored().execution.id)].count("said once") == 1


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
    kill_somewhere(place, place.start("run", place.flow(FLOW)), random)
    check_history(place)
    times = random.choice([0, 0, 1, 2])
    moments: list[Moment] = []
    while not is_over(place):
        moments.append(moment_of(place))
        restart = place.start("restart", "--last")
        if len(moments) > times:
            assert restart.end().code == 0
        else:
            kill_somewhere(place, restart, random)
    check_outcome(place, moments)
    return len(moments)


def kill_somewhere(place: Place, call: Call, random: Random) -> None:
    """Kill it as it starts, or some time after one of the effects that are still to come."""
    already = len(place.effects())
    lines = random.randrange(-2, EFFECTS - already) if already < EFFECTS else 0
    wait_until(lambda: call.has_ended or len(place.effects()) - already >= lines)
    time.sleep(random.uniform(0, 0.03 if lines > 0 else 0.2))
    call.kill()


def check_history(place: Place) -> None:
    """What was killed at work is known to be interrupted; before there was an execution, nothing has happened."""
    shown = place.history()
    if not shown:
        assert place.effects() == []
    for one in shown:
        state = one["state"]["current"]
        assert (state, one.get("interrupted")) in {("SUCCESS", None), ("CREATED", True), ("RUNNING", True)}


def is_over(place: Place) -> bool:
    """Whether nothing is left to restart; a run that was killed before it was kept is run again."""
    if not place.rows("SELECT 1 FROM executions"):
        assert place.call("run", place.flow(FLOW)).code == 0
    return place.stored().execution.current is StateType.SUCCESS


def moment_of(place: Place) -> Moment:
    stored = place.stored()
    assert stored.interrupted
    finished = frozenset(one.id for one in runs_of(stored) if one.current.is_terminal)
    log = Counter((one.task_run_id, one.message) for one in place.logs(stored.execution.id))
    return Moment(len(place.effects()), finished, Counter({line: n for line, n in log.items() if line[0] in finished}))


def check_outcome(place: Place, moments: list[Moment]) -> None:
    stored, effects = place.stored(), place.effects()
    runs = runs_of(stored)
    assert stored.execution.current is StateType.SUCCESS
    assert {one.current for one in runs} == {StateType.SUCCESS}
    assert Counter((one.task_id, one.value) for one in runs) == ALL
    assert {one.task_run for one in effects if one.word == "end"} == {one.id for one in runs if one.task_id in TURN}
    log = place.logs(stored.execution.id)
    for moment in moments:
        assert not {one.task_run for one in effects[moment.effects :] if one.word == "start"} & moment.finished
        assert moment.log == Counter(
            (one.task_run_id, one.message) for one in log if one.task_run_id in moment.finished
        )
    turns = [TURN[one.task] for one in effects if one.word == "start"]
    assert turns == sorted(turns), "a task ran again after one behind it had started"
    told = {one.task_id: one.message for one in log if one.task_id in ("say", "bye")}
    assert told == {"say": "first, second", "bye": "bye"}


def runs_of(stored: Stored) -> list[TaskRun]:
    return list(stored.execution.task_runs.values())
