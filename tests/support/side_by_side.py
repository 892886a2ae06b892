"""The engine and the naive rules, told the same: after each message they must show the same."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from tests.support.driver import Driver
from tests.support.flow_documents import fails, loaded
from tests.support.naive import Naive

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded, Kill, TimerFired, TimerKind
from flowrun.tasks.flow.dag import Dag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.support.naive import Document, Made

    from flowrun.engine.messages import RunBody, Timer
    from flowrun.model.execution import Execution
    from flowrun.model.state import State

Path = tuple[tuple[str, str | None], ...]


class SideBySide:
    """One execution, twice."""

    def __init__(self, flow: Document, *, parallel: bool) -> None:
        self.parallel = parallel
        self.flow = loaded(flow)
        self.driver = Driver(self.flow)
        self.naive = Naive(flow)

    def play(self, random: Random, kill_at: int | None = None) -> None:
        for _ in self.moments(random, kill_at):
            pass

    def moments(self, random: Random, kill_at: int | None = None) -> Iterator[None]:
        """To the end: bodies end and timers are due in any order; killed after so many messages, if it lasts."""
        self.compare()
        for steps in count():
            yield
            if self.driver.run.finished:
                return
            if steps == kill_at:
                self.driver.send(Kill())
                self.naive.kill()
            else:
                self.step(random)
            self.compare()

    def step(self, random: Random) -> None:
        driver = self.driver
        choices = [*driver.running, *(("cancelled", key) for key in driver.cancelled), *driver.timers]
        assert choices, "nothing is at work, but the run goes on"
        chosen = random.choice(choices)
        if chosen in driver.timers:
            driver.timers.remove(chosen)
            driver.now = max(driver.now, chosen.at)
            self.due(chosen.timer)
        elif isinstance(chosen, tuple):
            self.end_cancelled(chosen[1], random)
        else:
            self.end(chosen)

    def due(self, timer: Timer) -> None:
        """A next attempt begins, or the present one has taken too long; the timer of one that has ended means nothing."""
        made = self.made(timer.task_run_id)
        waits, at_work = made.state == "RETRYING", made.state == "RUNNING" and len(made.attempts) == timer.attempt
        self.driver.send(TimerFired(timer))
        if timer.kind is TimerKind.RETRY and waits:
            self.naive.try_again(made)
        elif timer.kind is TimerKind.TIMEOUT and at_work and not self.naive.stopping:
            self.naive.fail(made)

    def end(self, key: str) -> None:
        """A body ends as its task says."""
        command = self.driver.running.pop(key)
        made = self.made(command.task_run_id)
        if fails(self.flow.tasks_by_id[made.task["id"]], command.attempt):
            self.driver.send(BodyFailed(command.task_run_id, command.attempt, "broken"))
            self.naive.fail(made)
        else:
            self.driver.send(BodySucceeded(command.task_run_id, command.attempt, None))
            self.naive.succeed(made)

    def end_cancelled(self, key: str, random: Random) -> None:
        """A body that was told to end is gone, or had ended before it heard of it."""
        command = self.driver.cancelled.pop(key)
        made = self.made(command.task_run_id)
        if random.random() < 0.5:
            self.driver.send(BodyKilled(command.task_run_id, command.attempt))
            if self.counts(made, command):
                self.naive.killed(made)
        else:
            self.driver.send(BodySucceeded(command.task_run_id, command.attempt, None))
            if self.counts(made, command):
                self.naive.succeed(made)

    def counts(self, made: Made, command: RunBody) -> bool:
        """Whether the attempt is still the one that is at work."""
        return made.state == "RUNNING" and len(made.attempts) == command.attempt

    def made(self, task_run_id: str) -> Made:
        wanted = path_of(self.driver.run.execution, task_run_id)
        (made,) = [one for one in self.naive.runs if one.path == wanted]
        return made

    def compare(self) -> None:
        """All task runs; where several groups are at work, in the order of each group."""
        ours, theirs = self.picture(), self.naive.picture()
        if self.parallel:
            ours, theirs = self.in_groups(ours), self.in_groups(theirs)
        assert ours == theirs

    def in_groups(self, picture: Any) -> Any:
        """The task runs of each group together, in a loop those of each value, in the order of their creation.

        Those of a Dag may be created in any order when they can be created at the same moment.
        """
        *execution, runs = picture

        def place(run: Any) -> str:
            *outer, (task_id, value) = run[0]
            in_dag = bool(outer) and isinstance(self.flow.tasks_by_id[outer[-1][0]], Dag)
            return str((outer, value, task_id if in_dag else ""))

        return *execution, sorted(runs, key=place)

    def picture(self) -> Any:
        """All that there is to see of the engine's execution, as the naive one shows it."""
        run = self.driver.run
        runs = [
            (
                path_of(run.execution, one.id),
                one.iteration,
                run.branches[one.id],
                one.current.value,
                tuple(shown(attempt.state) for attempt in one.attempts),
            )
            for one in run.execution.task_runs.values()
        ]
        return run.execution.current.value, run.finished, runs


def shown(attempt: State) -> str:
    """One that has not ended is at work, in a flowable too."""
    return attempt.current.value if attempt.current.is_terminal else "RUNNING"


def path_of(execution: Execution, task_run_id: str) -> Path:
    """As the naive rules name it: ids and values from the outside in."""
    task_run = execution.task_runs[task_run_id]
    outer = path_of(execution, task_run.parent_id) if task_run.parent_id else ()
    return (*outer, (task_run.task_id, task_run.value))
