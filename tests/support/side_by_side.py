"""The engine and the naive rules, told the same: after each message they must show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.driver import Driver
from tests.support.flow_documents import fails, loaded
from tests.support.naive import Naive

from flowrun.engine.messages import BodyFailed, BodyKilled, BodySucceeded, Kill, TimerFired

if TYPE_CHECKING:
    from random import Random

    from tests.support.naive import Document, Made

    from flowrun.model.execution import TaskRun
    from flowrun.model.state import State

Path = tuple[tuple[str, str | None], ...]


class SideBySide:
    """One execution, twice."""

    def __init__(self, flow: Document) -> None:
        self.flow = loaded(flow)
        self.driver = Driver(self.flow)
        self.naive = Naive(flow)

    def play(self, random: Random, kill_at: int | None = None) -> None:
        """To the end: bodies end and retries come due in any order; killed after so many messages, if it lasts."""
        steps = 0
        self.compare()
        while not self.driver.run.finished:
            if steps == kill_at:
                self.driver.send(Kill())
                self.naive.kill()
            else:
                self.step(random)
            self.compare()
            steps += 1

    def step(self, random: Random) -> None:
        driver = self.driver
        choices = [*driver.running, *(("cancelled", key) for key in driver.cancelled), *driver.timers]
        assert choices, "nothing is at work, but the run goes on"
        chosen = random.choice(choices)
        if chosen in driver.timers:
            driver.timers.remove(chosen)
            driver.now = max(driver.now, chosen.at)
            self.retry(chosen.timer.task_run_id)
            driver.send(TimerFired(chosen.timer))
        elif isinstance(chosen, tuple):
            self.end_cancelled(chosen[1], random)
        else:
            self.end(chosen)

    def retry(self, task_run_id: str) -> None:
        made = self.made(task_run_id)
        if made.state == "RETRYING":
            self.naive.try_again(made)

    def end(self, key: str) -> None:
        """A body ends as its task says."""
        command = self.driver.running.pop(key)
        made = self.made(command.task_run_id)
        if fails(made.task, command.attempt):
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
            if made.state == "RUNNING":
                self.naive.killed(made)
        else:
            self.driver.send(BodySucceeded(command.task_run_id, command.attempt, None))
            if made.state == "RUNNING":
                self.naive.succeed(made)

    def made(self, task_run_id: str) -> Made:
        wanted = self.path(self.driver.run.execution.task_runs[task_run_id])
        (made,) = [one for one in self.naive.runs if one.path == wanted]
        return made

    def path(self, task_run: TaskRun) -> Path:
        runs = self.driver.run.execution.task_runs
        outer = self.path(runs[task_run.parent_id]) if task_run.parent_id else ()
        return (*outer, (task_run.task_id, task_run.value))

    def compare(self) -> None:
        assert self.picture() == self.naive.picture()

    def picture(self) -> Any:
        """All that there is to see of the engine's execution, as the naive one shows it."""
        run = self.driver.run
        runs = [
            (
                self.path(one),
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
