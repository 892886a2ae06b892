"""The loop with several executions: who calls whom, who waits for whom, what a kill and a word do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable  # noqa: TC003 - read when the task type is made
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from flowrun.engine.messages import Begin, Kill
from flowrun.engine.start import start
from flowrun.errors import FlowMissing
from flowrun.model.events import AttemptEnded, ExecutionCreated, ExecutionStateChanged, LogWritten
from flowrun.model.flow import Concurrency, ConcurrencyBehavior, Flow
from flowrun.model.lease import NoLease
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.model.task import CalledExecution, CallingTask, FlowCall, FlowCalls, RunnableTask, Task
from flowrun.runtime.calls import AT_ONCE, DEEPEST
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.live import LiveExecution
from flowrun.runtime.loop import BYTES_AHEAD, Loop
from flowrun.store.storage import PassingStorage
from flowrun.tasks.flow.parallel import Parallel
from flowrun.tasks.flow.pause import Pause
from flowrun.tasks.flow.sleep import Sleep
from flowrun.tasks.flow.subflow import Subflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.model.events import Event
    from flowrun.model.execution import TaskRun
    from flowrun.runtime.calls import Calling

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class JumpingClock:
    """Stands still until it is told to jump."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        return self.time

    def skip(self, to: datetime) -> bool:
        self.time = max(self.time, to)
        return True

    @property
    def seconds(self) -> float:
        return (self.time - BEGIN).total_seconds()


class FakeLease(NoLease):
    """What other processes say: `words`, each with the task run that it is for. `others`: they have the slot first."""

    def __init__(self, others: Sequence[FakeLease]) -> None:
        self.others = others
        self.words: list[tuple[str, Mapping[str, Any]]] = []
        self.released = False

    def resume_requested(self) -> tuple[str, Mapping[str, Any]] | None:
        return self.words.pop(0) if self.words else None

    def claim(self) -> int | None:
        return None if self.granted() else 1

    def granted(self) -> bool:
        return all(one.released for one in self.others)

    def release(self) -> None:
        self.released = True


@dataclass(frozen=True, kw_only=True)
class Do(RunnableTask):
    """Does what the test wants at this moment."""

    inline: ClassVar[bool] = True

    what: Callable[[], object]

    def run(self, ctx: Any) -> None:
        self.what()


@dataclass(frozen=True, kw_only=True)
class Say(RunnableTask):
    """Logs lines at once, from a worker."""

    level: LogLevel
    messages: tuple[str, ...]

    def run(self, ctx: Any) -> None:
        ctx.log_lines(self.level, self.messages)


@dataclass(frozen=True, kw_only=True)
class CallMany(CallingTask):
    """Calls these flows, and ends with the states of their executions in the order of the calls."""

    flows: tuple[str, ...]

    def run(self, ctx: Any) -> FlowCalls:
        return FlowCalls([FlowCall(namespace="test", flow_id=one) for one in self.flows], wait=True)

    def call_ended(self, ctx: Any, number: int, called: CalledExecution) -> tuple[int, str, str]:
        return number, called.execution.flow_id, called.execution.current.value

    def ended(self, ctx: Any, results: Sequence[Any]) -> tuple[StateType, Mapping[str, Any]]:
        return StateType.SUCCESS, {"called": list(results)}


@dataclass
class World:
    """A loop, and the launcher of the flows that are known by their ids. `lives`: all that ever began, in order.

    `told`: the events of all executions with the id of their flow; `most`: how many of them were alive at the same time.
    """

    flows: dict[str, Flow] = field(default_factory=dict)
    word: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        self.clock = JumpingClock()
        self.loop = Loop(self.clock, launcher=self, ask=self.ask)
        self.lives: list[LiveExecution] = []
        self.leases: list[FakeLease] = []
        self.asked: list[tuple[str, str]] = []
        self.told: list[tuple[str, Event]] = []
        self.most = 0
        ids = count(1)
        self.new_id = lambda: f"id{next(ids)}"

    def flow(self, name: str, *tasks: Task, concurrency: Concurrency | None = None) -> None:
        self.flows[name] = Flow(id=name, namespace="test", tasks=list(tasks), concurrency=concurrency)

    def run(self, name: str = "parent") -> LiveExecution:
        """Run this flow until nothing is left to do."""
        live = self.live(name)
        self.loop.add(live)
        self.loop.run_to_end()
        return live

    def live(self, name: str) -> LiveExecution:
        if name not in self.flows:
            raise FlowMissing(f"no flow {name}")
        run, events = start(
            self.flows[name],
            {},
            {},
            now=self.clock.now(),
            new_id=self.new_id,
            random=lambda: 0.5,
            envs={},
            seal=str,
        )
        self.leases.append(FakeLease(self.leases[1:] if self.flows[name].concurrency else ()))
        files = ExecutionFiles(PassingStorage(), run.execution)
        sinks = [Listener(name, self.told)]
        live = LiveExecution(run, self.clock, sinks, files=files, lease=self.leases[-1], first=Begin(), events=events)
        self.lives.append(live)
        return live

    def call(self, call: FlowCall, calling: Calling) -> LiveExecution:
        self.most = max(self.most, len(self.loop.lives))
        return self.live(call.flow_id)

    def replay(self, live: LiveExecution) -> LiveExecution:
        raise AssertionError(live)

    def ask(self, live: LiveExecution, task_run: TaskRun) -> Mapping[str, Any] | None:
        self.asked.append((live.run.flow.id, task_run.task_id))
        return self.word

    def ends(self) -> list[tuple[str, str]]:
        """The flows whose executions have ended, in this order, and how."""
        return [
            (name, event.state.value)
            for name, event in self.told
            if isinstance(event, ExecutionStateChanged) and event.state.is_terminal
        ]

    def lines(self) -> list[tuple[str, str]]:
        return [(name, event.entry.message) for name, event in self.told if isinstance(event, LogWritten)]


@dataclass
class Listener:
    """A sink of the executions of one flow."""

    name: str
    told: list[tuple[str, Event]]

    def handle(self, event: Event) -> None:
        self.told.append((self.name, event))

    def flush(self) -> None: ...

    def close(self) -> None: ...


def nap(seconds: float, name: str = "nap") -> Sleep:
    return Sleep(id=name, type="test.Sleep", duration=timedelta(seconds=seconds))


def call(flow_id: str, **properties: Any) -> Subflow:
    return Subflow(id=f"call_{flow_id}", type="test.Subflow", namespace="test", flow_id=flow_id, **properties)


def call_many(*flows: str) -> CallMany:
    return CallMany(id="many", type="test.CallMany", flows=flows)


def parallel(*tasks: Task) -> Parallel:
    return Parallel(id="beside", type="test.Parallel", tasks=list(tasks))


def pause(name: str = "hold") -> Pause:
    return Pause(id=name, type="test.Pause")


def do(what: Callable[[], object]) -> Do:
    return Do(id="do", type="test.Do", what=what)


def states(live: LiveExecution) -> dict[str, str]:
    return {one.task_id: one.current.value for one in live.run.execution.task_runs.values()}


def test_a_task_has_only_so_many_executions_at_work_and_its_results_in_the_order_of_the_calls() -> None:
    world = World()
    wanted = ("slow", "quick", "quick") * 150
    world.flow("quick", nap(1))
    world.flow("slow", nap(5))
    world.flow("parent", call_many(*wanted))
    parent = world.run()
    assert world.most == AT_ONCE  # the caller and all but the one that is just called
    (task_run,) = parent.run.execution.task_runs.values()
    assert task_run.outputs == {"called": [(number, name, "SUCCESS") for number, name in enumerate(wanted)]}
    assert Counter(world.ends()) == {("quick", "SUCCESS"): 300, ("slow", "SUCCESS"): 150, ("parent", "SUCCESS"): 1}


def test_a_call_that_is_refused_has_its_siblings_killed() -> None:
    world = World()
    world.flow("child", nap(5))
    world.flow("parent", call_many("child", "child", "missing", "child"))
    world.run()
    assert Counter(world.ends()) == {("parent", "FAILED"): 1, ("child", "KILLED"): 2}
    assert ("parent", "no flow missing") in world.lines()
    assert world.clock.seconds == 0


def test_a_refused_call_of_a_later_turn_has_its_siblings_killed_too() -> None:
    world = World()
    world.flow("quick", nap(1))
    world.flow("slow", nap(60))
    world.flow("parent", call_many("quick", *["slow"] * (AT_ONCE - 1), "missing"))
    world.run()
    assert Counter(world.ends()) == {
        ("quick", "SUCCESS"): 1,
        ("parent", "FAILED"): 1,
        ("slow", "KILLED"): AT_ONCE - 1,
    }
    assert world.clock.seconds == 1


def test_a_kill_ends_the_called_executions_before_their_caller() -> None:
    world = World()
    world.flow("grandchild", nap(60))
    world.flow("child", call("grandchild"))
    world.flow("parent", parallel(call("child"), do(world.loop.kill)))
    parent = world.run()
    assert world.ends() == [("grandchild", "KILLED"), ("child", "KILLED"), ("parent", "KILLED")]
    assert states(parent) == {"beside": "KILLED", "call_child": "KILLED", "do": "SUCCESS"}
    assert world.clock.seconds == 0


def test_a_kill_calls_no_more_flows() -> None:
    world = World()
    world.flow("killer", do(world.loop.kill))
    world.flow("child", nap(60))
    world.flow("parent", call_many("killer", *["child"] * (AT_ONCE + 50)))
    world.run()
    created = Counter(name for name, event in world.told if isinstance(event, ExecutionCreated))
    assert created["child"] <= AT_ONCE
    assert world.ends()[-1] == ("parent", "KILLED")


def test_a_kill_reaches_what_was_called_without_waiting() -> None:
    world = World()
    world.flow("child", nap(60))
    world.flow("parent", call("child", wait=False), do(world.loop.kill), nap(60))
    world.run()
    assert sorted(world.ends()) == [("child", "KILLED"), ("parent", "KILLED")]


def test_the_caller_of_a_killed_execution_goes_on_and_ends_killed() -> None:
    world = World()
    world.flow("child", nap(1), do(lambda: world.loop.send(world.lives[1], Kill())), nap(60, "never"))
    world.flow("parent", call("child"), nap(1))
    parent = world.run()
    assert world.ends() == [("child", "KILLED"), ("parent", "KILLED")]
    assert states(parent) == {"call_child": "KILLED", "nap": "SUCCESS"}
    assert world.clock.seconds == 2


def test_a_call_without_waiting_has_ended_before_the_called_flow_has() -> None:
    world = World()
    world.flow("child", nap(5))
    world.flow("parent", call("child", wait=False), nap(1))
    world.run()
    assert world.ends() == [("parent", "SUCCESS"), ("child", "SUCCESS")]
    assert world.clock.seconds == 5


def test_a_flow_that_calls_itself_for_ever_is_ended() -> None:
    world = World()
    world.flow("parent", call("parent"))
    world.run()
    assert world.ends() == [("parent", "FAILED")] * (DEEPEST + 1)
    assert ("parent", f"Flows call each other more than {DEEPEST} deep") in world.lines()


def test_executions_that_call_each_other_without_waiting_are_counted_too() -> None:
    world = World()
    world.flow("parent", call("parent", wait=False))
    world.run()
    assert Counter(world.ends()) == {("parent", "SUCCESS"): DEEPEST, ("parent", "FAILED"): 1}


def test_time_jumps_to_the_next_thing_that_is_due_in_any_execution() -> None:
    world = World()
    moments: list[float] = []
    world.flow("child", nap(3, "a"), do(lambda: moments.append(world.clock.seconds)), nap(4, "b"))
    world.flow("parent", parallel(nap(10), call("child")), do(lambda: moments.append(world.clock.seconds)))
    world.run()
    assert moments == [3, 10]
    assert world.ends() == [("child", "SUCCESS"), ("parent", "SUCCESS")]


def test_when_nobody_can_give_the_word_the_loop_ends_and_all_is_as_it_was() -> None:
    world = World()
    world.flow("child", pause(), nap(1))
    world.flow("parent", parallel(call("child"), nap(5)), nap(1, "next"))
    parent = world.run()
    assert (world.loop.paused, world.asked) == (True, [("child", "hold")])
    assert world.clock.seconds == 5, "what goes on meanwhile comes to its end"
    assert world.ends() == []
    assert states(parent) == {"beside": "RUNNING", "call_child": "RUNNING", "nap": "SUCCESS"}
    assert states(world.lives[1]) == {"hold": "PAUSED"}
    assert [one.released for one in world.leases] == [True, True]


def test_the_word_of_somebody_who_is_asked_goes_on() -> None:
    world = World(word={"why": "x"})
    world.flow("child", pause(), nap(1))
    world.flow("parent", call("child"))
    world.run()
    assert world.ends() == [("child", "SUCCESS"), ("parent", "SUCCESS")]
    assert outputs_of(world.lives[1], "hold")["onResume"] == {"why": "x"}


def test_who_is_told_to_end_in_place_of_an_answer_ends() -> None:
    world = World()
    world.loop.ask = lambda *_asked: world.loop.kill()
    world.flow("child", pause())
    world.flow("parent", call("child"))
    world.run()
    assert world.ends() == [("child", "KILLED"), ("parent", "KILLED")]


def test_the_word_of_another_process_is_heard_before_anybody_is_asked() -> None:
    world = World()
    world.flow("child", parallel(pause(), do(lambda: give_word(world, {"why": "y"}))))
    world.flow("parent", call("child"))
    world.run()
    assert world.asked == []
    assert world.ends() == [("child", "SUCCESS"), ("parent", "SUCCESS")]
    assert outputs_of(world.lives[1], "hold")["onResume"] == {"why": "y"}


def test_the_word_of_another_process_counts_when_who_is_asked_has_none() -> None:
    world = World()
    world.loop.ask = lambda *_asked: give_word(world, {"why": "z"})
    world.flow("parent", pause())
    live = world.run()
    assert outputs_of(live, "hold")["onResume"] == {"why": "z"}


@pytest.mark.parametrize(("word", "asked"), [(None, 1), ({}, 3)])
def test_who_waits_for_the_slot_of_a_paused_execution_keeps_nobody_from_being_asked(word, asked) -> None:
    world = World(word=word)
    world.flow("child", pause(), concurrency=Concurrency(1, ConcurrencyBehavior.QUEUE))
    world.flow("parent", call_many("child", "child", "child"))
    world.run()
    assert world.asked == [("child", "hold")] * asked
    assert world.loop.paused == (word is None)
    assert len(world.ends()) == (0 if word is None else 4)


def test_the_word_for_one_pause_does_not_end_another() -> None:
    world = World()
    world.flow("parent", parallel(pause(), do(lambda: give_word(world, {}, twice=True))), pause("other"))
    live = world.run()
    assert states(live) == {"beside": "SUCCESS", "hold": "SUCCESS", "do": "SUCCESS", "other": "PAUSED"}
    assert world.leases[0].words == []


def give_word(world: World, inputs: Mapping[str, Any], *, twice: bool = False) -> None:
    """Another process gives the newest execution the word for its task `hold`."""
    execution = world.lives[-1].run.execution
    hold = next(one for one in execution.task_runs.values() if one.task_id == "hold")
    world.leases[-1].words += [(hold.id, inputs)] * (2 if twice else 1)


def outputs_of(live: LiveExecution, task: str) -> Mapping[str, Any]:
    found = next(one for one in live.run.execution.task_runs.values() if one.task_id == task)
    assert found.outputs is not None
    return found.outputs


def say(level: LogLevel, *messages: str, log_level: LogLevel | None = None) -> Say:
    return Say(id=f"say{level}", type="test.Say", level=level, messages=messages, log_level=log_level)


def test_lines_that_are_logged_at_once_are_told_one_by_one_before_the_task_ends() -> None:
    world = World()
    world.flow("parent", say(LogLevel.INFO, "a", "b", "x" * 15_001))
    world.run()
    assert world.lines() == [("parent", one) for one in ("a", "b", "x" * 15_000, "x")]
    last = max(place for place, (_, event) in enumerate(world.told) if isinstance(event, LogWritten))
    ended = next(place for place, (_, event) in enumerate(world.told) if isinstance(event, AttemptEnded))
    assert last < ended


def test_lines_that_are_logged_at_once_have_no_secrets_and_the_level_of_the_task() -> None:
    world = World()
    world.flow("parent", say(LogLevel.INFO, "a", "b", log_level=LogLevel.WARN), say(LogLevel.WARN, "pass", "word"))
    live = world.live("parent")
    live.run.execution.masking.hide(["pass"])
    world.loop.add(live)
    world.loop.run_to_end()
    assert world.lines() == [("parent", "******"), ("parent", "word")]


def test_templates_see_errors_that_were_logged_at_once() -> None:
    world = World()
    world.flow("parent", say(LogLevel.ERROR, "a", "b"))
    assert [one.message for one in world.run().run.error_logs] == ["a", "b"]


def test_who_logs_more_than_there_is_room_for_loses_nothing() -> None:
    world = World()
    messages = tuple(f"{number:015000}" for number in range(BYTES_AHEAD // 15_000))
    world.flow("parent", *(replace(say(LogLevel.INFO, *messages), id=f"t{n}") for n in range(3)))
    world.run()
    assert world.lines() == [("parent", one) for one in messages] * 3
    assert world.loop.room.used == 0
