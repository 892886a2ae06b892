"""The run as plain lines: for pipes, files and CI. Imports nothing that is slow, and writes each line at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.model.events import ExecutionCreated, ExecutionRestarted, LogWritten
from flowrun.model.log import LogLevel
from flowrun.sinks.lines import LEVELS, UNICODE, Line, Symbols, clock, is_printable, plain, printable
from flowrun.sinks.origin import UNKNOWN
from flowrun.sinks.summary import Told, failure, few, head, tail, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from typing import IO

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution
    from flowrun.model.log import LogBatch, LogEntry
    from flowrun.sinks.origin import Origin


class LogLines:
    """Log lines only: what `--output json` leaves for stderr.

    `shows_lines`: such a sink writes log lines. `disarm` sees all that is written, after `printable`: for streams whose reader obeys marked lines (`sinks.ci`).
    """

    shows_lines = True

    def __init__(
        self,
        stream: IO[str],
        *,
        level: LogLevel = LogLevel.INFO,
        id_width: int = 0,
        zone: tzinfo | None = None,
        disarm: Callable[[str], str] | None = None,
    ) -> None:
        self.stream = stream
        self.shown = frozenset(one for one in LogLevel if one.rank >= level.rank)
        self.id_width = id_width
        self.zone = zone
        self.disarm: Callable[[str], str] = disarm or str

    def handle(self, event: Event) -> None:
        """Write the lines of the log; everything else is for other sinks."""
        if isinstance(event, LogWritten) and event.entry.level in self.shown:
            self.write_log(event.entry)

    def make_room(self, width: int) -> None:
        """Make the column of task ids at least so wide, from the next line on."""
        self.id_width = max(self.id_width, width)

    def handle_batch(self, batch: LogBatch) -> None:
        """As `handle`."""
        if batch.level in self.shown:
            self.write_batch(batch)

    def write_batch(self, batch: LogBatch) -> None:
        """As `write_log`, for several lines that begin alike; quick where nothing in them steers a terminal."""
        if not is_printable("".join(batch.messages)):
            for entry in batch.entries():
                self.write_log(entry)
            return
        left = self.left(batch)
        self.stream.write(self.disarm(left + f"\n{left}".join(batch.messages) + "\n"))
        self.stream.flush()

    def left(self, lines: LogEntry | LogBatch) -> str:
        """What stands before a message."""
        return f"{clock(lines.at, self.zone)}  {LEVELS[lines.level]}  {lines.task_id or '-':<{self.id_width}}  "

    def write_log(self, entry: LogEntry) -> None:
        """`10:00:00.012  INFO   greet  Welcome!`; further lines of the message stand below its first one."""
        left = self.left(entry)
        message = entry.message
        if not message.isprintable():
            message = printable(message).replace("\n", "\n" + " " * len(left))
        self.stream.write(self.disarm(f"{left}{message}\n"))
        self.stream.flush()

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held back."""


class TextSink(LogLines):
    """The whole run. `quiet` leaves only the outputs and the result. `origin` explains what was skipped and what failed."""

    narrow = False

    def __init__(
        self,
        stream: IO[str],
        *,
        level: LogLevel = LogLevel.INFO,
        id_width: int = 0,
        zone: tzinfo | None = None,
        symbols: Symbols = UNICODE,
        quiet: bool = False,
        disarm: Callable[[str], str] | None = None,
        origin: Origin = UNKNOWN,
    ) -> None:
        super().__init__(stream, level=level, id_width=id_width, zone=zone, disarm=disarm)
        self.symbols = symbols
        self.quiet = quiet
        self.origin = origin
        self.execution: Execution | None = None
        self.told = Told()
        self.after_blank = False

    def handle(self, event: Event) -> None:
        """Write what there is to see of an event, at once."""
        if isinstance(event, LogWritten):
            self.remember(event.entry)
            if not self.quiet and event.entry.level in self.shown:
                self.after_blank = False
                self.write_log(event.entry)
        elif isinstance(event, (ExecutionCreated, ExecutionRestarted)):
            self.execution = event.execution
            if not self.quiet:
                self.write_lines([*head(event.execution.shown(), self.symbols), ()])
                self.after_blank = True

    def handle_batch(self, batch: LogBatch) -> None:
        """As `handle`."""
        if batch.level is LogLevel.ERROR:
            self.told.errors[batch.task_run_id] = batch.messages[-1]
        if not self.quiet and batch.level in self.shown:
            self.after_blank = False
            self.write_batch(batch)

    def remember(self, entry: LogEntry) -> None:
        """Keep the last error of each task run: one of them may be what ends the flow."""
        # What the engine says with a task's id but without its run is of another execution.
        is_of_called = entry.task_run_id is None and entry.task_id is not None
        if entry.level is LogLevel.ERROR and not is_of_called:
            self.told.errors[entry.task_run_id] = entry.message

    def close(self) -> None:
        """Write the task tree, the outputs and the result; nothing when there was no execution, or it was done."""
        execution, self.execution = self.execution, None
        if execution is None:
            return
        execution = execution.shown()
        if not self.quiet and (execution.task_runs or not self.after_blank):
            self.write_tree(execution)
        self.write_tail(execution)

    def write_tree(self, execution: Execution) -> None:
        """A line for each task run, its note behind it."""
        rows = tree(execution, self.symbols, conditions=self.origin.conditions)
        self.stream.write("\n" if rows and not self.after_blank else "")
        self.stream.writelines(self.disarm(f"{plain(line)}{'  ' if note else ''}{note}\n") for line, note in rows)
        self.stream.write("\n")

    def write_tail(self, execution: Execution) -> None:
        """The flow's outputs, the result, and what it failed at."""
        failed = failure(execution, self.told, self.origin, self.symbols, narrow=self.narrow)
        self.write_lines(tail(execution, self.symbols, few(failed, self.symbols), narrow=self.narrow))

    def write_lines(self, lines: list[Line]) -> None:
        """Write lines and let them out."""
        self.stream.writelines(self.disarm(plain(line) + "\n") for line in lines)
        self.stream.flush()
