"""An execution that this process runs."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from flowrun.engine.evolve import evolve
from flowrun.model.events import Event, LogWritten
from flowrun.model.log import LogLevel
from flowrun.model.sink import BatchSink
from flowrun.model.state import StateType
from flowrun.model.workplace import HERE
from flowrun.runtime.host import TaskHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from flowrun.engine.messages import Message
    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun
    from flowrun.model.lease import Lease
    from flowrun.model.log import LogBatch, LogEntry
    from flowrun.model.sink import Record, Sink
    from flowrun.model.workplace import Workplace
    from flowrun.runtime.calls import Calling
    from flowrun.runtime.clock import Clock
    from flowrun.runtime.files import ExecutionFiles
    from flowrun.runtime.provided import Provided
    from flowrun.runtime.run_context import TaskRunContext


ENDED_WELL = (StateType.SUCCESS, StateType.WARNING)


class LiveExecution:
    """A run with what is around it: its clock, its files, its sinks, its hold on the store, the bodies at work.

    `events`: those of its creation, which no sink has heard of yet. `first`: the message that it begins with; None: it has ended. `record`: the sink that
    keeps it. `provided`: see there. `post` gives it a message from any thread, while a loop has it. `caller`: the task run of another execution that waits for it; `depth` counts those above it; `told_to_caller` are
    warnings for whoever called its flow. `not_before`: the moment before which it does not begin.
    """

    def __init__(
        self,
        run: Run,
        clock: Clock,
        sinks: Sequence[Sink],
        *,
        files: ExecutionFiles,
        lease: Lease,
        first: Message | None,
        events: Sequence[Event] = (),
        record: Record | None = None,
        provided: Provided | None = None,
        workplace: Workplace = HERE,
    ) -> None:
        self.run = run
        self.clock = clock
        self.host = TaskHost(run, clock, files, workplace)
        self.files = files
        self.provided = provided
        self.workplace = workplace
        self.sinks = sinks if record is None else [record, *sinks]
        self.record = record
        self.lease = lease
        self.first = first
        self.events = events
        self.contexts: dict[tuple[str, int], TaskRunContext] = {}
        self.folders: dict[str, Path] = {}
        self.awaits_slot = False
        self.post: Callable[[Message], None] | None = None
        self.caller: Calling | None = None
        self.depth = 0
        self.told_to_caller: Sequence[str] = ()
        self.not_before: datetime | None = None

    @property
    def id(self) -> str:
        """The id of the execution."""
        return self.run.execution.id

    def tell(self, events: Sequence[Event]) -> None:
        """Give a turn's events to each sink; whole, so that one that fails takes nothing from those before it."""
        for sink in self.sinks:
            for event in events:
                sink.handle(event)

    def happen(self, event: Event) -> None:
        """Fold an event that no turn of the engine made, and tell it."""
        evolve(self.run, event)
        self.tell([event])

    def flush(self) -> None:
        """Have the sinks let out what they hold."""
        for sink in self.sinks:
            sink.flush()

    def secure(self) -> None:
        """Have what has happened on disk before anything else has an effect, that of the callers first.

        Else a restart after a crash would not find the executions that its tasks had called already.
        """
        if self.caller is not None:
            self.caller.live.secure()
        self.flush()

    def release(self) -> None:
        """Keep what happened, and let go of the execution."""
        for context in list(self.contexts.values()):
            context.end()
            context.clear(failed=True)  # nobody waits for its body any more
        self.leave_folders(self.folders)
        try:
            if self.record:
                self.record.close()
        except KeyboardInterrupt:
            # The signal that a hasty hand sends meanwhile must not cost the end of the execution.
            if self.record:
                self.record.close()
            raise
        finally:
            self.lease.release()

    # --- directories that tasks share

    def folder(self, task_run_id: str) -> Path:
        """The directory that the children of a task run share, made on first use. Raises `OSError`."""
        if task_run_id not in self.folders:
            from pathlib import Path
            from tempfile import mkdtemp

            self.folders[task_run_id] = Path(mkdtemp(prefix="flowrun-"))
        return self.folders[task_run_id]

    def clear_folders(self) -> None:
        """Remove the directories of task runs that have ended."""
        runs = self.run.execution.task_runs
        self.leave_folders(one for one in self.folders if one not in runs or runs[one].current.is_terminal)

    def leave_folders(self, task_run_ids: Iterable[str]) -> None:
        """Remove these directories, unless they are to stay."""
        for task_run_id in list(task_run_ids):
            from flowrun.runtime.working_files import leave_folder

            task_run = self.run.execution.task_runs.get(task_run_id)
            failed = task_run is None or task_run.current not in ENDED_WELL
            task_id = task_run.task_id if task_run else task_run_id
            leave_folder(self.folders.pop(task_run_id), task_id, self.workplace, failed=failed)

    # --- log lines

    def batch(self, task_run: TaskRun, level: LogLevel, messages: Sequence[str]) -> LogBatch:
        """Lines of a task run, now."""
        return self.run.log_batch(self.clock.now(), level, messages, task_run)

    def log(self, task_run: TaskRun, level: LogLevel, messages: Sequence[str]) -> None:
        """Lines from a body that runs on the loop's thread."""
        self.write_batch(self.batch(task_run, level, messages))

    def write(self, entry: LogEntry) -> None:
        """A line of the log, unless its task does not want lines of that level."""
        if self.wants(entry):
            self.happen(LogWritten(entry))

    def write_batch(self, batch: LogBatch) -> None:
        """As `write`, for several lines."""
        if not self.wants(batch):
            return
        if len(batch.messages) == 1:
            self.happen(LogWritten(next(batch.entries())))
            return
        if batch.level is LogLevel.ERROR:  # all that the execution keeps of its log
            for entry in batch.entries():
                evolve(self.run, LogWritten(entry))
        for sink in self.sinks:
            if isinstance(sink, BatchSink):
                sink.handle_batch(batch)
            else:
                for entry in batch.entries():
                    sink.handle(LogWritten(entry))

    def wants(self, lines: LogEntry | LogBatch) -> bool:
        """Whether the task of lines wants those of their level."""
        task = self.run.flow.tasks_by_id.get(lines.task_id or "")
        return task is None or task.log_level is None or lines.level.rank >= task.log_level.rank

    def is_waiting_for_bodies(self) -> bool:
        """Whether cancelled bodies may still end by themselves."""
        return any(monotonic() < context.given_up_at for context in self.contexts.values())
