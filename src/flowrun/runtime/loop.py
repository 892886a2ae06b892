"""The loop: one thread that owns the execution, feeds the engine and does what it asks for."""

from __future__ import annotations

import heapq
import queue
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.engine.decide import decide
from flowrun.engine.evolve import evolve
from flowrun.engine.messages import (
    Begin,
    BodyFailed,
    BodySucceeded,
    CancelBody,
    Command,
    Kill,
    Message,
    RunBody,
    StartTimer,
    TimerFired,
)
from flowrun.engine.scope import task_variables
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.events import Event, LogWritten
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.task import RunnableTask, Wait
from flowrun.runtime.host import TaskHost
from flowrun.runtime.properties import render_properties
from flowrun.runtime.run_context import TaskRunContext
from flowrun.runtime.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun
    from flowrun.model.sink import Sink
    from flowrun.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Written:
    """A log line from a worker thread."""

    entry: LogEntry


@dataclass(frozen=True, slots=True)
class FromWorker:
    """What a body on a worker thread ended with."""

    message: BodySucceeded | BodyFailed | None
    wait: Wait | None = None
    task_run_id: str = ""
    attempt: int = 0


class Loop:
    """Runs one execution to its end. Only the inbox may be touched by other threads."""

    def __init__(self, run: Run, clock: Clock, sinks: Sequence[Sink], jobs: int | None = None) -> None:
        self.run = run
        self.clock = clock
        self.host = TaskHost(run, clock)
        self.sinks = sinks
        self.workers = Workers(jobs)
        self.inbox: queue.SimpleQueue[Message | Written | FromWorker] = queue.SimpleQueue()
        self.waiting: deque[Message] = deque([Begin()])
        self.timers: list[tuple[datetime, int, Message]] = []
        self.timer_count = 0
        self.contexts: dict[str, TaskRunContext] = {}

    def run_to_end(self) -> None:
        """Feed messages to the engine until the execution is over. Ctrl-C kills the execution, and is raised again."""
        interrupted: KeyboardInterrupt | None = None
        while not self.run.finished:
            try:
                self.step()
            except KeyboardInterrupt as interrupt:
                if interrupted:
                    raise
                interrupted = interrupt
                self.waiting.appendleft(Kill())
        for context in self.contexts.values():
            context.cancelled = True
        self.workers.close()
        if interrupted:
            raise interrupted

    def step(self) -> None:
        """Take one message, tell what came of it, do what it asks for."""
        events, commands = decide(self.run, self.next_message(), self.clock.now())
        self.tell(events)
        for command in commands:
            self.perform(command)

    def tell(self, events: Sequence[Event]) -> None:
        for event in events:
            for sink in self.sinks:
                sink.handle(event)

    # --- what comes next

    def next_message(self) -> Message:
        """The next message: from this turn, from a worker, or from the timer that is due."""
        while True:
            if self.waiting:
                return self.waiting.popleft()
            received = self.receive()
            if isinstance(received, Written):
                self.write(received.entry)
            elif isinstance(received, FromWorker):
                self.workers.busy -= 1
                self.body_returned(received)
            elif received is not None:
                return received

    def receive(self) -> Message | Written | FromWorker | None:
        """Wait for the inbox or for the next timer, whichever is first; virtual time jumps when nothing is busy."""
        if not self.timers:
            return self.inbox.get() if self.workers.busy or not self.inbox.empty() else self.stuck()
        due, _, message = self.timers[0]
        left = (due - self.clock.now()).total_seconds()
        if left > 0 and not self.workers.busy and self.clock.skip(due):
            left = 0
        try:
            return self.inbox.get(timeout=left) if left > 0 else self.inbox.get_nowait()
        except queue.Empty:
            if due > self.clock.now():
                return None
            heapq.heappop(self.timers)
            return message

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
                if context := self.contexts.pop(command.task_run_id, None):
                    context.cancelled = True

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
            context = TaskRunContext(task_run, variables, self.host, self.log)
            self.body_returned(run_body(task, context, command.attempt))
        else:
            context = TaskRunContext(task_run, variables, self.host, self.post_log)
            self.contexts[task_run.id] = context
            self.workers.submit(lambda: self.inbox.put(run_body(task, context, command.attempt)))

    def body_returned(self, returned: FromWorker) -> None:
        """A body ended, or asked to be ended later."""
        if returned.wait is not None:
            done = BodySucceeded(returned.task_run_id, returned.attempt)
            self.start_timer(self.clock.now() + returned.wait.duration, done)
        elif returned.message is not None:
            self.contexts.pop(returned.message.task_run_id, None)
            self.waiting.append(returned.message)

    # --- log lines of bodies

    def entry(self, task_run: TaskRun, level: LogLevel, message: str) -> LogEntry:
        return self.run.log_entry(self.clock.now(), level, message, task_run)

    def log(self, task_run: TaskRun, level: LogLevel, message: str) -> None:
        """A line from a body that runs on this thread."""
        self.write(self.entry(task_run, level, message))

    def post_log(self, task_run: TaskRun, level: LogLevel, message: str) -> None:
        """A line from a worker."""
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
    try:
        result = render_properties(task, context.variables, context.host).run(context)
    except TaskFailed as failure:
        return FromWorker(BodyFailed(task_run_id, attempt, failure.message, failure.outputs))
    except FlowrunError as failure:
        return FromWorker(BodyFailed(task_run_id, attempt, str(failure)))
    except Exception as failure:  # noqa: BLE001 - the body may be anybody's code; its failure is the task's, not ours
        return FromWorker(BodyFailed(task_run_id, attempt, str(failure) or type(failure).__name__))
    if isinstance(result, Wait):
        return FromWorker(None, result, task_run_id, attempt)
    return FromWorker(BodySucceeded(task_run_id, attempt, result))
