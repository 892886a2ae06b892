"""The loop: one thread that owns the execution, feeds the engine and does what it asks for."""

from __future__ import annotations

import heapq
import queue
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Semaphore
from time import monotonic
from typing import TYPE_CHECKING

from flowrun.engine.decide import decide
from flowrun.engine.evolve import evolve
from flowrun.engine.messages import (
    Abort,
    AwaitSlot,
    BodyFailed,
    BodyKilled,
    BodySucceeded,
    CancelBody,
    Command,
    Kill,
    Message,
    RunBody,
    SlotGranted,
    StartTimer,
    TimerFired,
)
from flowrun.engine.scope import task_variables
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.events import Event, LogWritten
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.task import ExecutionChange, RunnableTask, Wait
from flowrun.runtime.host import TaskHost
from flowrun.runtime.properties import render_properties
from flowrun.runtime.run_context import GIVE_UP, TaskRunContext
from flowrun.runtime.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun
    from flowrun.model.lease import Lease
    from flowrun.model.sink import Sink
    from flowrun.runtime.clock import Clock
    from flowrun.runtime.files import ExecutionFiles


@dataclass(frozen=True, slots=True)
class Written:
    """A log line from a worker thread."""

    entry: LogEntry


@dataclass(frozen=True, slots=True)
class FromWorker:
    """What a body on a worker thread ended with."""

    task_run_id: str
    attempt: int
    message: BodySucceeded | BodyFailed | BodyKilled | None = None
    wait: Wait | None = None


TICK = 0.1
"""Seconds after which the loop looks around: is the execution to be killed, has its turn in the queue come?"""

FLUSH_EVERY = 0.05
"""Seconds after which a busy loop has its sinks let out what they hold."""

LINES_AHEAD = 1000
"""Log lines that workers may be ahead of the loop. A body that writes faster than they can be shown waits."""


class Loop:
    """Runs one execution to its end. Other threads and signal handlers may only touch the inbox and call `kill`."""

    def __init__(
        self,
        run: Run,
        clock: Clock,
        sinks: Sequence[Sink],
        *,
        lease: Lease,
        first: Message,
        files: ExecutionFiles,
        jobs: int | None = None,
    ) -> None:
        self.run = run
        self.clock = clock
        self.host = TaskHost(run, clock, files)
        self.files = files
        self.sinks = sinks
        self.lease = lease
        self.workers = Workers(jobs)
        self.inbox: queue.SimpleQueue[Message | Written | FromWorker] = queue.SimpleQueue()
        self.waiting: deque[Message] = deque([first])
        self.timers: list[tuple[datetime, int, Message]] = []
        self.timer_count = 0
        self.contexts: dict[tuple[str, int], TaskRunContext] = {}
        self.awaits_slot = False
        self.flushed = self.looked = monotonic()
        self.room = Semaphore(LINES_AHEAD)

    def run_to_end(self) -> None:
        """Feed messages to the engine until the execution is over.

        An interrupt that is raised here, or a reader that went away, ends it at once as KILLED and is raised again.
        """
        try:
            while not self.run.finished:
                self.step()
            self.end_bodies()
        except (KeyboardInterrupt, BrokenPipeError):
            self.abort()
            raise
        finally:
            for context in self.contexts.values():
                context.end()

    def kill(self) -> None:
        """Have the execution killed. May be called from another thread or a signal handler."""
        self.inbox.put(Kill())

    def step(self) -> None:
        """Take one message, tell what came of it, do what it asks for."""
        events, commands = decide(self.run, self.next_message(), self.clock.now())
        self.tell(events)
        for command in commands:
            self.perform(command)

    def tell(self, events: Sequence[Event]) -> None:
        """Give a turn's events to each sink; whole, so that one that fails takes nothing from those before it."""
        for sink in self.sinks:
            for event in events:
                sink.handle(event)

    def flush(self) -> None:
        for sink in self.sinks:
            sink.flush()
        self.flushed = monotonic()

    def abort(self) -> None:
        """The execution is KILLED here and now. A sink that cannot take it any more does not keep it from the others."""
        for context in self.contexts.values():
            context.end()
        events: list[Event] = []
        with suppress(Exception):  # what was interrupted may have left something half done
            events, _ = decide(self.run, Abort(), self.clock.now())
        for sink in self.sinks:
            with suppress(Exception):
                for event in events:
                    sink.handle(event)

    def end_bodies(self) -> None:
        """Wait for cancelled bodies that have not ended yet: no process of theirs may stay behind."""
        while any(monotonic() < context.given_up_at for context in self.contexts.values()):
            self.flush()
            with suppress(queue.Empty):
                received = self.inbox.get(timeout=TICK)
                if isinstance(received, Written):
                    self.room.release()
                elif isinstance(received, FromWorker):
                    self.contexts.pop((received.task_run_id, received.attempt), None)

    # --- what comes next

    def next_message(self) -> Message:
        """The next message: from another process or thread, from this turn, or from the timer that is due."""
        while True:
            if (seen := self.pause()) is not None:
                return seen
            if self.waiting and self.inbox.empty():
                return self.waiting.popleft()
            received = self.receive()
            if isinstance(received, Written):
                self.room.release()
                self.write(received.entry)
            elif isinstance(received, FromWorker):
                self.workers.busy -= 1
                self.contexts.pop((received.task_run_id, received.attempt), None)
                self.body_returned(received)
            elif received is not None:
                return received

    def receive(self) -> Message | Written | FromWorker | None:
        """Wait for the inbox or for the next timer, whichever is first; None when neither came for a while.

        Virtual time jumps when nothing is busy.
        """
        with suppress(queue.Empty):
            return self.inbox.get_nowait()
        left = TICK
        if self.timers:
            due, _, message = self.timers[0]
            left = (due - self.clock.now()).total_seconds()
            if left <= 0 or (not self.workers.busy and self.clock.skip(due)):
                heapq.heappop(self.timers)
                return message
        elif not self.workers.busy and not self.awaits_slot:
            return self.stuck()
        self.flush()
        with suppress(queue.Empty):
            return self.inbox.get(timeout=min(left, TICK))
        return None

    def pause(self) -> Message | None:
        """What has to be done now and then, however busy the loop is."""
        now = monotonic()
        if now - self.flushed > FLUSH_EVERY:
            self.flush()
        if now - self.looked < TICK:
            return None
        self.looked = now
        return self.look_around()

    def look_around(self) -> Message | None:
        """What other processes have changed."""
        if self.lease.kill_requested():
            return Kill()
        if self.awaits_slot and self.lease.granted():
            self.awaits_slot = False
            return SlotGranted()
        return None

    def stuck(self) -> Message:
        """Nothing runs and nothing is due: a Dag member that depends on a disabled one waits for ever."""
        reason = "Nothing is left that could happen: a task waits for another that never runs"
        self.write(self.run.log_entry(self.clock.now(), LogLevel.ERROR, reason))
        return Kill()

    # --- what the engine asks for

    def perform(self, command: Command) -> None:
        match command:
            case RunBody():
                self.start_body(command)
            case StartTimer():
                self.start_timer(command.at, TimerFired(command.timer))
            case CancelBody():
                self.cancel_body(command)
            case AwaitSlot():
                self.awaits_slot = True

    def start_timer(self, at: datetime, message: Message) -> None:
        self.timer_count += 1
        heapq.heappush(self.timers, (at, self.timer_count, message))

    def start_body(self, command: RunBody) -> None:
        """Run a body: here when it is quick and touches nothing outside, else on a worker."""
        task_run = self.run.execution.task_runs[command.task_run_id]
        task = self.run.task(task_run)
        assert isinstance(task, RunnableTask)
        variables = task_variables(self.run, task_run, task)
        if task.inline:
            context = TaskRunContext(task_run, variables, self.host, self.log, self.files)
            self.body_returned(run_body(task, context, command.attempt))
        else:
            self.flush()  # what has ended is on disk before anything else has an effect
            context = TaskRunContext(task_run, variables, self.host, self.post_log, self.files)
            self.contexts[task_run.id, command.attempt] = context
            self.workers.submit(lambda: self.inbox.put(run_body(task, context, command.attempt)))

    def cancel_body(self, command: CancelBody) -> None:
        """Tell a body to end. One that only waits is gone already; one that does not listen is given up."""
        gone = BodyKilled(command.task_run_id, command.attempt)
        if context := self.contexts.get((command.task_run_id, command.attempt)):
            context.cancel()
            self.start_timer(self.clock.now() + timedelta(seconds=GIVE_UP), gone)
        else:
            self.waiting.append(gone)

    def body_returned(self, returned: FromWorker) -> None:
        """A body ended, or asked to be ended later."""
        if returned.wait is not None:
            done = BodySucceeded(returned.task_run_id, returned.attempt)
            self.start_timer(self.clock.now() + returned.wait.duration, done)
        elif returned.message is not None:
            self.waiting.append(returned.message)

    # --- log lines of bodies

    def entry(self, task_run: TaskRun, level: LogLevel, message: str) -> LogEntry:
        return self.run.log_entry(self.clock.now(), level, message, task_run)

    def log(self, task_run: TaskRun, level: LogLevel, message: str) -> None:
        """A line from a body that runs on this thread."""
        self.write(self.entry(task_run, level, message))

    def post_log(self, task_run: TaskRun, level: LogLevel, message: str) -> None:
        """A line from a worker."""
        self.room.acquire()
        self.inbox.put(Written(self.entry(task_run, level, message)))

    def write(self, entry: LogEntry) -> None:
        task = self.run.flow.tasks_by_id.get(entry.task_id or "")
        if task and task.log_level is not None and entry.level.rank < task.log_level.rank:
            return
        event = LogWritten(entry)
        evolve(self.run, event)
        self.tell([event])


def run_body(task: RunnableTask, context: TaskRunContext, attempt: int) -> FromWorker:
    """Render the properties, run the body, and say how it ended; no exception leaves here."""
    task_run_id = context.task_run.id
    message: BodySucceeded | BodyFailed | BodyKilled
    try:
        # It may have been told to end while it waited for a worker; then it does not begin.
        result = None if context.cancelled else render_properties(task, context.variables, context.host).run(context)
    except TaskFailed as failure:
        message = BodyFailed(task_run_id, attempt, failure.message, failure.outputs)
    except FlowrunError as failure:
        message = BodyFailed(task_run_id, attempt, str(failure))
    except Exception as failure:  # noqa: BLE001 - the body may be anybody's code; its failure is the task's, not ours
        message = BodyFailed(task_run_id, attempt, str(failure) or type(failure).__name__)
    else:
        if isinstance(result, Wait):
            return FromWorker(task_run_id, attempt, wait=result)
        if isinstance(result, ExecutionChange):
            message = BodySucceeded(task_run_id, attempt, change=result)
        else:
            message = BodySucceeded(task_run_id, attempt, result)
    finally:
        context.clear()
    if context.cancelled:  # it was told to end: what it answers then is no result
        message = BodyKilled(task_run_id, attempt)
    return FromWorker(task_run_id, attempt, message)
