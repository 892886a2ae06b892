"""The run as one HTML page, for people who were not there: collected while it runs, written when it is over.

What is kept of the log is bounded, whatever the run writes; `report_page.py` bounds the rest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.model.events import ExecutionCreated, ExecutionRestarted, LogWritten
from flowrun.model.log import LogLevel
from flowrun.sinks.origin import UNKNOWN, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution
    from flowrun.model.log import LogEntry

AT_EACH_END = 2000
"""Lines of the log that are kept of its beginning, of its end, and of the warnings and errors between them."""

MESSAGE_LENGTH = 2000


class BoundedLog:
    """A log of any length, of which the ends are kept, and the warnings and errors between them."""

    def __init__(self) -> None:
        self.first: list[LogEntry] = []
        self.between: list[LogEntry] = []
        self.last: deque[LogEntry] = deque()
        self.count = 0
        self.errors: dict[str | None, str] = {}

    def add(self, entry: LogEntry) -> None:
        """Take a line, cut to `MESSAGE_LENGTH`."""
        self.count += 1
        if len(entry.message) > MESSAGE_LENGTH:
            entry = replace(entry, message=entry.message[:MESSAGE_LENGTH] + "…")
        if entry.level is LogLevel.ERROR:
            self.errors[entry.task_run_id] = entry.message
        if len(self.first) < AT_EACH_END:
            self.first.append(entry)
            return
        self.last.append(entry)
        if len(self.last) > AT_EACH_END:
            self.leave(self.last.popleft())

    def leave(self, entry: LogEntry) -> None:
        """A line that is no longer at the end stays if it is grave."""
        if entry.level.rank >= LogLevel.WARN.rank and len(self.between) < AT_EACH_END:
            self.between.append(entry)

    @property
    def left_out(self) -> int:
        """How many lines were not kept."""
        return self.count - len(self.first) - len(self.between) - len(self.last)


class ReportSink:
    """Collects a run and gives its page to `write`, in pieces. No execution, no page.

    `source` is the text of the flow, without what its SECRET inputs hold. `zone` is that of the times; None is the machine's.
    """

    def __init__(
        self,
        write: Callable[[Iterator[str]], None],
        *,
        origin: Origin = UNKNOWN,
        source: str = "",
        zone: tzinfo | None = None,
    ) -> None:
        self.write = write
        self.origin = origin
        self.source = source
        self.zone = zone
        self.log = BoundedLog()
        self.execution: Execution | None = None

    def handle(self, event: Event) -> None:
        """Remember the execution and its log."""
        if isinstance(event, LogWritten):
            self.log.add(event.entry)
        elif isinstance(event, (ExecutionCreated, ExecutionRestarted)):
            self.execution = event.execution

    def flush(self) -> None:
        """The page is written as a whole, when the run is over."""

    def close(self) -> None:
        """Write the page, once."""
        from flowrun.sinks.report_page import page

        execution, self.execution = self.execution, None
        if execution is not None:
            source = execution.masking.text(self.source)
            self.write(page(execution.shown(), self.log, self.origin, source, self.zone))
