"""The loop: one thread that owns the executions of this process, feeds the engine and does what it asks for."""

from __future__ import annotations

import heapq
import queue
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from flowrun.engine.decide import decide
from flowrun.engine.messages import (
    Abort,
    AwaitSlot,
    BodyFailed,
    BodyKilled,
    BodySucceeded,
    CallRefused,
    CancelBody,
    Command,
    EnterFolder,
    FolderEntered,
    FolderLeft,
    Kill,
    LeaveFolder,
    Message,
    Replay,
    Resume,
    RunBody,
    SlotGranted,
    StartTimer,
    TimerFired,
)
from flowrun.engine.scope import folder_around, task_variables
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.model.task import CallingTask, FlowCalls, FolderTask, RunnableTask, StoppingTask, Wait
from flowrun.model.workplace import HERE, Workplace
from flowrun.runtime.bodies import Returned, enter, leave, run_body
from flowrun.runtime.calls import Calls
from flowrun.runtime.room import Room
from flowrun.runtime.run_context import GIVE_UP, TaskRunContext
from flowrun.runtime.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from flowrun.model.events import Event
    from flowrun.model.execution import TaskRun
    from flowrun.model.log import LogBatch
    from flowrun.model.task import Task
    from flowrun.runtime.calls import Launcher
    from flowrun.runtime.clock import Clock
    from flowrun.runtime.live import LiveExecution

    Write = Callable[[TaskRun, LogLevel, Sequence[str]], None]
    """Takes lines of the log."""

    Ask = Callable[[LiveExecution, TaskRun], Mapping[str, Any] | None]
    """Asks somebody for the word that a task run waits for, with its inputs; None: there is nobody."""


class LinesWait:
    """Workers have posted log lines, and too many to let them lie until something happens."""


class KillAll:
    """Every execution is to end."""


@dataclass(frozen=True, slots=True)
class Again:
    """The moment has come for a flow to run once more."""


TICK = 0.1
"""Seconds after which the loop looks around: is an execution to be killed, has its turn in the queue come?"""

FLUSH_EVERY = 0.05
"""Seconds after which a busy loop has its sinks let out what they hold."""

BYTES_AHEAD = 4_000_000
"""Log lines that workers may be ahead of the loop. A body that writes faster than they can be shown waits.

The loop takes them in when something happens, at least every `FLUSH_EVERY` seconds, and when half of the room is used:
to wake it for each line costs more than many a process.
"""


class Loop:
    """Runs executions to their end. Other threads and signal handlers may only touch the inbox and call `kill`.

    `launcher` begins the executions that others ask for. `ask`: see `Ask`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        launcher: Launcher | None = None,
        jobs: int | None = None,
        ask: Ask | None = None,
        workplace: Workplace = HERE,
    ) -> None:
        self.clock = clock
        self.launcher = launcher
        self.workplace = workplace
        self.ask = ask
        self.lives: dict[str, LiveExecution] = {}
        self.successors: dict[str, LiveExecution] = {}
        self.calls = Calls(self, launcher)
        self.workers = Workers(jobs)
        self.inbox: queue.SimpleQueue[tuple[LiveExecution | None, Message | LinesWait | Returned | KillAll]]
        self.inbox = queue.SimpleQueue()
        self.waiting: deque[tuple[LiveExecution, Message]] = deque()
        self.timers: list[tuple[datetime, int, LiveExecution, Message | Again]] = []
        self.timer_count = 0
        self.replays = 0
        self.paused = False
        self.slot_is_free = False
        self.flushed = self.looked = monotonic()
        self.lines: deque[tuple[LiveExecution, LogBatch, int]] = deque()
        self.room = Room(BYTES_AHEAD)
        self.has_news = False

    def run_to_end(self) -> None:
        """Feed messages to the engine until every execution is over, or waits for a word that nobody here can give.

        An interrupt that is raised here, or a reader that went away, ends all at once as KILLED and is raised again.
        """
        try:
            while (self.lives or self.replays) and not self.paused:
                self.step()
        except BaseException as cause:
            if isinstance(cause, KeyboardInterrupt | BrokenPipeError):
                self.abort()
            for live in self.lives.values():
                if live.record:
                    live.record.doubt()
            raise
        finally:
            for live in list(self.lives.values()):
                live.release()

    def kill(self) -> None:
        """Have every execution killed. May be called from another thread or a signal handler."""
        self.inbox.put((None, KillAll()))

    def add(self, live: LiveExecution) -> None:
        """Take on an execution; it begins when its turn comes."""
        assert live.first is not None, "one that has ended does not run again"
        self.lives[live.id] = live
        live.post = lambda message: self.inbox.put((live, message))
        live.tell(live.events)
        if live.not_before is not None and live.not_before > self.clock.now():
            self.start_timer(live.not_before, live, live.first)
        else:
            self.send(live, live.first)

    def send(self, live: LiveExecution, message: Message) -> None:
        """Have an execution get a message in its turn."""
        self.waiting.append((live, message))

    def step(self) -> None:
        """Take one message, tell what came of it, do what it asks for."""
        received = self.next_message()
        if received is None:
            return
        live, message = received
        events, commands = decide(live.run, message, self.clock.now())
        live.tell(events)
        self.has_news = self.has_news or bool(events)
        for command in commands:
            self.perform(live, command)
        if live.folders:
            live.clear_folders()
        if live.run.finished:
            self.leave(live)

    def leave(self, live: LiveExecution) -> None:
        """An execution is over: no process of its own may stay behind, and whoever called it hears of it."""
        if live.id not in self.lives:
            return
        self.end_bodies(live)
        del self.lives[live.id]
        live.release()
        live.post = None
        self.calls.over(live)
        self.slot_is_free = live.run.flow.concurrency is not None

    def flush(self) -> None:
        for live in self.lives.values():
            live.flush()
        self.flushed = monotonic()
        self.has_news = False

    def abort(self) -> None:
        """Everything is KILLED here and now. A sink that cannot take it any more does not keep it from the others."""
        with suppress(Exception):
            self.take_lines()
        for live in self.lives.values():
            for context in live.contexts.values():
                context.end()
            events: list[Event] = []
            with suppress(Exception):  # what was interrupted may have left something half done
                events, _ = decide(live.run, Abort(), self.clock.now())
            for sink in live.sinks:
                with suppress(Exception):
                    for event in events:
                        sink.handle(event)

    def end_bodies(self, live: LiveExecution) -> None:
        """Wait for cancelled bodies that have not ended yet: no process of theirs may stay behind."""
        for_later = []
        while live.is_waiting_for_bodies():
            self.flush()
            with suppress(queue.Empty):
                self.take_lines(ending=live)
                of, received = self.inbox.get(timeout=FLUSH_EVERY)
                if of is not live:
                    for_later.append((of, received))
                elif isinstance(received, Returned):
                    self.workers.busy -= 1
                    live.contexts.pop((received.task_run_id, received.attempt), None)
        for one in for_later:
            self.inbox.put(one)

    def take_lines(self, ending: LiveExecution | None = None) -> None:
        """Tell the log lines that workers have posted; not those of an execution that has ended, or is about to be left."""
        for _ in range(len(self.lines)):  # whoever writes faster than this goes on must not keep the loop here
            live, batch, size = self.lines.popleft()
            self.room.give(size)
            if live is not ending and live.id in self.lives:
                live.write_batch(batch)

    # --- what comes next

    def next_message(self) -> tuple[LiveExecution, Message] | None:
        """The next message: from another process or thread, from this turn, or from the timer that is due.

        None: something was done that needs no answer of the engine.
        """
        if (seen := self.pause()) is not None:
            return seen
        if self.waiting and self.inbox.empty():
            return self.living(*self.waiting.popleft())
        live, received = self.receive()
        self.take_lines()
        match received:
            case None | LinesWait():
                return None
            case Returned():
                self.workers.busy -= 1
                if live:
                    live.contexts.pop((received.task_run_id, received.attempt), None)
                    self.body_returned(live, received)
            case KillAll():
                self.waiting.extend((one, Kill()) for one in self.lives.values() if one.caller is None)
                self.forget_replays()
            case Again():
                self.replays -= 1
                if live:
                    self.begin_again(live)
            case _:
                return self.living(live, received)
        return None

    def living(self, live: LiveExecution | None, message: Message) -> tuple[LiveExecution, Message] | None:
        """A message for an execution that is not over."""
        return (live, message) if live and live.id in self.lives else None

    def receive(self) -> tuple[LiveExecution | None, Message | LinesWait | Returned | KillAll | Again | None]:
        """Wait for the inbox or for the next timer, whichever is first; None when neither came for a while.

        Virtual time jumps when nothing is busy.
        """
        with suppress(queue.Empty):
            return self.inbox.get_nowait()
        left = TICK
        if self.timers:
            due = self.timers[0][0]
            left = (due - self.clock.now()).total_seconds()
            if left <= 0 or (not self.workers.busy and self.clock.skip(due)):
                _, _, live, message = heapq.heappop(self.timers)
                return live, message
        elif not self.workers.busy and not self.may_be_granted():
            return self.stuck()
        if self.has_news:
            self.flush()
        with suppress(queue.Empty):
            return self.inbox.get(timeout=min(left, FLUSH_EVERY if self.workers.busy else TICK))
        return None, None

    def pause(self) -> tuple[LiveExecution, Message] | None:
        """What has to be done now and then, however busy the loop is."""
        now = monotonic()
        if now - self.flushed > FLUSH_EVERY:
            self.flush()
        if self.slot_is_free:
            self.slot_is_free = False
            if granted := self.granted():
                self.slot_is_free = True  # there may be more
                return granted
        if now - self.looked < TICK:
            return None
        self.looked = now
        return self.look_around() or self.granted()

    def look_around(self) -> tuple[LiveExecution, Message] | None:
        """What other processes have changed."""
        for live in self.lives.values():
            if live.lease.kill_requested():
                return live, Kill()
            if resume := self.resume_requested(live):
                return live, resume
        return None

    def granted(self) -> tuple[LiveExecution, Message] | None:
        """The turn of an execution in the queue has come."""
        for live in self.lives.values():
            if live.awaits_slot and live.lease.granted():
                live.awaits_slot = False
                return live, SlotGranted()
        return None

    def resume_requested(self, live: LiveExecution) -> Resume | None:
        """The word that another process gave to an execution that waits for it."""
        word = live.lease.resume_requested() if live.run.paused else None
        return Resume(*word) if word else None

    def may_be_granted(self) -> bool:
        """Whether an execution waits for a slot that is not held by one that is paused here."""
        paused = {flow_of(live) for live in self.lives.values() if stopped_run(live)}
        return any(live.awaits_slot and flow_of(live) not in paused for live in self.lives.values())

    def stuck(self) -> tuple[LiveExecution | None, Message | None]:
        """Nothing runs and nothing is due: somebody's word is waited for, or what never comes.

        A Dag member that depends on a disabled one waits for ever.
        """
        for live in self.lives.values():
            if task_run := stopped_run(live):
                # One that came while somebody was asked was told that it is heard.
                word = self.resume_requested(live) or self.asked(live, task_run) or self.resume_requested(live)
                self.paused = word is None and self.inbox.empty()  # not empty: a signal came in place of an answer
                return live, word
        live = next(reversed(self.lives.values()))
        reason = "Nothing is left that could happen: a task waits for another that never runs"
        live.write(live.run.log_entry(self.clock.now(), LogLevel.ERROR, reason))
        return live, Kill()

    def asked(self, live: LiveExecution, task_run: TaskRun) -> Resume | None:
        """The word of somebody who sits here."""
        inputs = self.ask(live, task_run) if self.ask else None
        return None if inputs is None else Resume(task_run.id, inputs)

    # --- what the engine asks for

    def perform(self, live: LiveExecution, command: Command) -> None:
        match command:
            case RunBody():
                self.start_body(live, command)
            case StartTimer():
                self.start_timer(command.at, live, TimerFired(command.timer))
            case CancelBody():
                self.cancel_body(live, command)
            case EnterFolder():
                self.at_folder(live, command.task_run_id, enter, FolderEntered(command.task_run_id))
            case LeaveFolder():
                self.at_folder(live, command.task_run_id, leave, FolderLeft(command.task_run_id))
            case AwaitSlot():
                live.awaits_slot = True
            case Replay():
                self.replays += 1
                self.start_timer(command.at, live, Again())

    def start_timer(self, at: datetime, live: LiveExecution, message: Message | Again) -> None:
        self.timer_count += 1
        heapq.heappush(self.timers, (at, self.timer_count, live, message))

    def start_body(self, live: LiveExecution, command: RunBody) -> None:
        """Run a body: here when it is quick and touches nothing outside, else on a worker."""
        task_run = live.run.execution.task_runs[command.task_run_id]
        task = live.run.task(task_run)
        assert isinstance(task, RunnableTask)
        context = self.context_for(live, task_run, live.log if task.inline else self.poster(live))
        if task.inline:
            self.body_returned(live, run_body(task, context, command.attempt), context)
        else:
            live.secure()
            if task.looks_around:
                self.flush()
            live.contexts[task_run.id, command.attempt] = context
            self.workers.submit(lambda: self.inbox.put((live, run_body(task, context, command.attempt))))

    def context_for(self, live: LiveExecution, task_run: TaskRun, write: Write) -> TaskRunContext:
        """What the body of a task run is given; those of a WorkingDirectory share its folder."""
        around = folder_around(live.run, task_run)
        task = live.run.task(task_run)
        return TaskRunContext(
            task_run,
            task_variables(live.run, task_run, task),
            (isinstance(task, CallingTask) and live.run.host) or live.host,
            write,
            live.files,
            seal=live.run.seal,
            provided=live.provided,
            workplace=self.workplace,
            folder=None if around is None else live.folder(around.id),
        )

    def at_folder(
        self,
        live: LiveExecution,
        task_run_id: str,
        work: Callable[[FolderTask, TaskRunContext], Returned],
        nothing_to_do: Message,
    ) -> None:
        """Fill the folder of a WorkingDirectory, or keep what is to be kept of it."""
        task_run = live.run.execution.task_runs[task_run_id]
        task = live.run.task(task_run)
        assert isinstance(task, FolderTask)
        if not task.touches_files:
            self.send(live, nothing_to_do)
            return
        live.secure()
        context = self.context_for(live, task_run, self.poster(live))
        context.share(live.folder(task_run_id))
        live.contexts[task_run_id, 0] = context
        self.workers.submit(lambda: self.inbox.put((live, work(task, context))))

    def cancel_body(self, live: LiveExecution, command: CancelBody) -> None:
        """Tell a body to end. One that only waits is gone already; one that does not listen is given up."""
        gone = BodyKilled(command.task_run_id, command.attempt)
        if context := live.contexts.get((command.task_run_id, command.attempt)):
            context.cancel()
            self.start_timer(self.clock.now() + timedelta(seconds=GIVE_UP), live, gone)
        elif not self.calls.cancel(live, command.task_run_id, command.attempt):
            self.send(live, gone)

    def body_returned(self, live: LiveExecution, returned: Returned, context: TaskRunContext | None = None) -> None:
        """A body ended, or asked for something before it does."""
        match returned.answer:
            case Wait():
                done = BodySucceeded(returned.task_run_id, returned.attempt)
                self.start_timer(self.clock.now() + returned.answer.duration, live, done)
            case FlowCalls():
                task = self.task_of(live, returned)
                assert isinstance(task, CallingTask)
                assert context is not None, "the engine runs such a task itself"
                self.calls.begin(live, task, context, returned.attempt, returned.answer)
            case BodyFailed(message=message) if isinstance(self.task_of(live, returned), CallingTask):
                refused = CallRefused(returned.task_run_id, returned.attempt, message, logged=False)
                self.send(live, refused)
            case message:
                self.send(live, message)

    def task_of(self, live: LiveExecution, returned: Returned) -> Task:
        """The task whose body returned."""
        return live.run.task(live.run.execution.task_runs[returned.task_run_id])

    def begin_again(self, live: LiveExecution) -> None:
        """Run the flow of an execution once more; the new execution takes its place."""
        assert self.launcher is not None
        successor = self.launcher.replay(live)
        self.successors[live.id] = successor
        self.add(successor)

    def forget_replays(self) -> None:
        """What has not begun never will."""
        self.replays = 0
        self.timers = [one for one in self.timers if not isinstance(one[3], Again)]
        heapq.heapify(self.timers)

    def poster(self, live: LiveExecution) -> Write:
        """Takes the log lines of bodies on workers."""

        def post(task_run: TaskRun, level: LogLevel, messages: Sequence[str]) -> None:
            batch = live.batch(task_run, level, messages)
            size = batch.bytes
            self.room.take(size)
            self.lines.append((live, batch, size))
            if self.room.used > BYTES_AHEAD // 2:
                self.inbox.put((live, LinesWait()))

        return post


def flow_of(live: LiveExecution) -> tuple[str, str]:
    """Whose executions share the slots."""
    return live.run.flow.namespace, live.run.flow.id


def stopped_run(live: LiveExecution) -> TaskRun | None:
    """The first task run that waits for somebody's word."""
    run = live.run
    if not run.paused:
        return None
    for task_run in list(run.execution.task_runs.values()):  # a worker may ask, too
        if task_run.current is StateType.PAUSED and isinstance(run.task(task_run), StoppingTask):
            return task_run
    return None
