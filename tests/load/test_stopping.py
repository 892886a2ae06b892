"""What stops a run: signals, `--timeout`, `kill`, a task's `timeout`. No process of a task stays behind."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from signal import SIGHUP, SIGINT, SIGTERM
from typing import TYPE_CHECKING

import pytest
from tests.load.place import Place, wait_until

from flowrun.model.state import StateType
from flowrun.runtime.run_context import GIVE_UP, GRACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from tests.load.place import Call, Ended

KILLED = StateType.KILLED

NOBODY_READS = 141
"""The exit code, that of SIGPIPE in a shell."""

AT_ONCE = GRACE - 1
"""Seconds in which a run ends that waits for nobody; a busy machine may take its time, but no grace may pass."""

NOT_TO_ITS_END = 30.0
"""Seconds in which a run ends that does not wait for a command of a minute, the start of its process included."""

A_LITTLE = 10.0

AS_GOOD_AS_GONE = 0.5
"""Seconds that the system may need for a process that has got its SIGKILL."""

MANY = 12
"""Processes that start at the same time."""

WIDTH = 5000
"""Tasks that are at work at the same time, in one that is wide."""

WITH_A_GRANDCHILD = "(sleep 60; echo never) & touch $ENV_READY; wait"
DEAF = "trap '' TERM; touch $ENV_READY; while :; do sleep 0.1; done"
WITH_A_DEAF_GRANDCHILD = "(trap '' TERM; touch $ENV_READY; while :; do sleep 0.1; done) & wait"
TALKATIVE = "touch $ENV_READY; while :; do echo tick; sleep 0.02; done"
FLOODING = "touch $ENV_READY; yes"


def commands(*lines: str, more: str = "") -> str:
    """A flow that runs these commands side by side, and says in which state it ended."""
    tasks = "\n".join(
        f'      - {{id: work{n}, type: load.Command, command: "{line}"{more}}}' for n, line in enumerate(lines)
    )
    return f"""
id: stoppable
namespace: load
tasks:
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
{tasks}
  - {{id: never, type: load.Effect}}
afterExecution:
  - {{id: after, type: io.kestra.plugin.core.log.Log, message: "after {{{{ execution.state }}}}"}}
"""


STUBBORN = """
id: stubborn
namespace: load
tasks:
  - {id: work, type: load.Stubborn, seconds: 60}
"""

SIDE_BY_SIDE = """
id: side_by_side
namespace: load
tasks:
  - id: beside
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: one, type: load.Effect, seconds: 0.5}
      - {id: two, type: load.Effect, seconds: 0.5}
      - {id: three, type: load.Effect, seconds: 0.5}
"""

QUEUE_OF_ONE = """
id: one_at_a_time
namespace: load
concurrency: {limit: 1, behavior: QUEUE}
tasks:
  - {id: work, type: load.Effect, seconds: 60}
afterExecution:
  - {id: after, type: io.kestra.plugin.core.log.Log, message: "after {{ execution.state }}"}
"""

WIDE = f"""
id: wide
namespace: load
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{{{ range(1, {WIDTH}) }}}}"
    concurrencyLimit: 0
    tasks:
      - {{id: nap, type: io.kestra.plugin.core.flow.Sleep, duration: PT60S}}
"""

LOOP = """
id: busy
namespace: load
tasks:
  - {id: begin, type: load.Effect}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{ range(1, 100000) }}"
    tasks:
      - {id: say, type: io.kestra.plugin.core.log.Log, message: "{{ taskrun.value }}"}
"""


def started(place: Place, text: str) -> Call:
    """A run whose body has begun."""
    call = place.start("run", place.flow(text))
    wait_until(lambda: place.is_ready() or place.effects())
    return call


def check_killed(place: Place, *, said: list[str]) -> None:
    """The store tells of the end, and no process is left."""
    wait_until(lambda: not place.processes(), AS_GOOD_AS_GONE)
    stored = place.stored()
    assert stored.execution.current is KILLED
    assert all(one.current.is_terminal for one in stored.execution.task_runs.values())
    assert "never" not in {one.task_id for one in stored.execution.task_runs.values()}
    assert [one.message for one in place.logs(stored.execution.id) if one.message.startswith("after")] == said


@pytest.fixture(scope="module", autouse=True)
def deaf_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Place, Future[Ended]]]]:
    """Runs of what does not listen, told to end. Begun here, as their grace can pass during the other tests."""
    with ThreadPoolExecutor(2) as pool, ExitStack() as stack:
        places = [stack.enter_context(closing(Place(tmp_path_factory.mktemp("deaf")))) for _ in range(2)]
        calls = [started(places[0], commands(DEAF, WITH_A_DEAF_GRANDCHILD)), started(places[1], STUBBORN)]
        for call in calls:
            call.send(SIGINT)
        yield [(place, pool.submit(call.end)) for place, call in zip(places, calls, strict=True)]


@pytest.mark.parametrize(("number", "code"), [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)])
def test_a_signal_ends_the_run_and_all_that_it_started(place: Place, number, code):
    call = started(place, commands(WITH_A_GRANDCHILD, "sleep 60"))
    call.send(number)
    ended = call.end()
    assert ended.code == code
    assert ended.seconds < AT_ONCE
    check_killed(place, said=["after KILLED"])


def test_a_second_signal_ends_everything_at_once(place: Place):
    call = started(place, commands(DEAF, WITH_A_DEAF_GRANDCHILD))
    call.send(SIGINT)
    wait_until(lambda: place.stored().execution.current is StateType.KILLING)
    call.send(SIGINT)
    ended = call.end()
    assert ended.code == 130
    assert ended.seconds < AT_ONCE
    check_killed(place, said=[])


def test_a_body_that_never_listens_does_not_outlive_a_second_signal(place: Place):
    call = started(place, STUBBORN)
    call.send(SIGTERM)
    wait_until(lambda: place.stored().execution.current is StateType.KILLING)
    call.send(SIGINT)
    ended = call.end()
    assert ended.code == 130
    assert ended.seconds < AT_ONCE
    check_killed(place, said=[])


def test_a_second_signal_catches_processes_that_are_just_starting(place: Place):
    flow = place.flow(commands(*[DEAF] * MANY))
    call = place.start("run", "--jobs", str(MANY), flow)
    wait_until(place.is_ready)
    call.send(SIGINT)
    call.send(SIGTERM)
    assert call.end().code in (130, 143)  # two signals at once come in any order
    check_killed(place, said=[])


def test_a_second_signal_in_the_middle_of_a_turn_leaves_nothing_open(place: Place):
    call = place.start("run", "--quiet", place.flow(WIDE))
    wait_until(place.has_store)
    wait_until(lambda: len(place.rows("SELECT 1 FROM task_runs")) > WIDTH)
    call.send(SIGINT)
    time.sleep(0.02)  # so many sleepers take longer to end
    call.send(SIGINT)
    assert call.end().code in (130, -SIGINT)  # the latter when nothing but the process was left to end
    check_killed(place, said=[])


def test_a_body_that_waits_for_a_worker_does_not_begin_after_a_signal(place: Place):
    call = place.start("run", "--jobs", "1", place.flow(SIDE_BY_SIDE))
    wait_until(place.effects)
    call.send(SIGINT)
    assert call.end().code == 130
    assert [one.word for one in place.effects()] == ["start", "end"]
    check_killed(place, said=[])


def test_an_interrupt_takes_an_execution_out_of_the_queue(place: Place):
    holder = started(place, QUEUE_OF_ONE)
    waiting = place.start("run", place.flow(QUEUE_OF_ONE))
    wait_until(lambda: place.stored().execution.current is StateType.QUEUED)
    waiting.send(SIGINT)
    ended = waiting.end()
    assert ended.code == 130
    assert ended.seconds < AT_ONCE
    stored = place.stored()
    assert [one for one, _ in stored.execution.state.histories] == [StateType.CREATED, StateType.QUEUED, KILLED]
    assert [one.message for one in place.logs(stored.execution.id)][1:] == ["after KILLED"]
    assert place.rows("SELECT held FROM slots") == [(1,)]
    assert not holder.has_ended


def test_timeout_of_a_run_kills_it(place: Place):
    ended = place.call("run", "--timeout", "0.5", place.flow(commands(WITH_A_GRANDCHILD)))
    assert ended.code == 1
    assert "the run was killed: it took longer than --timeout" in ended.stderr
    check_killed(place, said=["after KILLED"])


@pytest.mark.parametrize("line", [WITH_A_GRANDCHILD, TALKATIVE, FLOODING])
def test_kill_ends_a_run_of_another_process(place: Place, line):
    call = started(place, commands(line))
    execution = place.stored().execution
    killed = place.call("kill", execution.id)
    assert (killed.code, killed.stdout) == (0, f"{execution.id} killed\n")
    assert killed.seconds < NOT_TO_ITS_END
    assert call.end().code == 1
    check_killed(place, said=["after KILLED"])


def test_a_command_that_writes_faster_than_anybody_reads_has_to_wait(place: Place):
    reader, writer = os.pipe()
    try:
        call = place.start("run", place.flow(commands(FLOODING)), onto=writer)
        wait_until(place.is_ready)
        before = call.memory
        time.sleep(0.5)  # long enough for 35 MB
        assert call.memory - before < 10_000_000
    finally:
        os.close(writer)
        os.close(reader)
    assert call.end().code == NOBODY_READS
    check_killed(place, said=[])


def test_kill_ends_a_run_that_never_waits(place: Place):
    call = place.start("run", "--quiet", place.flow(LOOP))
    wait_until(lambda: place.has_store() and place.rows("SELECT 1 FROM task_runs WHERE task_id = 'say'"))
    killed = place.call("kill", "--last")
    assert killed.code == 0
    assert call.end().code == 1
    check_killed(place, said=[])


def test_kill_ends_an_execution_whose_process_is_gone(place: Place):
    call = started(place, commands("touch $ENV_READY; sleep 0.5"))
    call.kill()
    assert [one["interrupted"] for one in place.history()] == [True]
    assert place.call("kill", "--last").code == 0
    assert ["interrupted" in one for one in place.history()] == [False]
    wait_until(lambda: not place.processes())  # the command itself: nobody was left to end it
    check_killed(place, said=["after KILLED"])


def test_kill_takes_an_execution_of_another_process_out_of_the_queue(place: Place):
    holder = started(place, QUEUE_OF_ONE)
    waiting = place.start("run", place.flow(QUEUE_OF_ONE))
    wait_until(lambda: place.stored().execution.current is StateType.QUEUED)
    assert place.call("kill", "--last").code == 0
    assert waiting.end().code == 1
    assert place.stored().execution.current is KILLED
    assert not holder.has_ended


@pytest.mark.parametrize("stream", [1, 2])
def test_a_body_that_fails_over_a_line_leaves_no_process(place: Place, stream):
    text = commands(f"echo bad >&{stream}; sleep 60 & wait", more=", refuses: bad")
    ended = place.call("run", place.flow(text))
    assert (ended.code, ended.stderr) == (1, "")
    assert ended.seconds < NOT_TO_ITS_END
    assert place.processes() == []
    assert "refused: bad" in [one.message for one in place.logs(place.stored().execution.id)]


def test_timeout_of_a_task_ends_its_processes_and_the_run_goes_on(place: Place):
    text = commands(WITH_A_GRANDCHILD, more=", timeout: PT0.5S, allowFailure: true")
    ended = place.call("run", place.flow(text))
    assert ended.code == 0
    assert ended.seconds < NOT_TO_ITS_END
    assert place.processes() == []
    stored = place.stored()
    assert stored.execution.current is StateType.WARNING
    assert "Timeout after 00:00:00.500" in [one.message for one in place.logs(stored.execution.id)]
    assert {one.task_id for one in stored.execution.task_runs.values()} == {"beside", "work0", "never", "after"}


def test_what_does_not_listen_keeps_a_run_no_longer_than_the_grace(deaf_runs: list[tuple[Place, Future[Ended]]]):
    (commands_place, commands_end), (stubborn_place, stubborn_end) = deaf_runs
    ended = commands_end.result()
    assert ended.code == 130
    assert GRACE - 0.5 < ended.seconds < GRACE + A_LITTLE
    check_killed(commands_place, said=["after KILLED"])
    ended = stubborn_end.result()
    assert ended.code == 130
    assert ended.seconds < GIVE_UP + A_LITTLE
    check_killed(stubborn_place, said=[])
