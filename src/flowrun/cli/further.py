"""How executions are shown that begin while another one runs: those it calls, those that take its place."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.cli.display import id_width, log_lines, make_sinks, origin_of
from flowrun.cli.options import RunOutput
from flowrun.sinks.called import FailedCalls
from flowrun.sinks.json_document import JsonSink
from flowrun.sinks.text import LogLines, TextSink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.cli.display import Display
    from flowrun.loading.source import Source
    from flowrun.model.events import Event
    from flowrun.model.flow import Flow
    from flowrun.model.sink import Sink
    from flowrun.sinks.origin import Origin


class Further:
    """See `flowrun.app.launcher.MoreSinks`. `sinks`: those of the execution that is shown as the run.

    Text: the log lines of a called flow stand among those of its caller; an execution that takes the place of another is shown below it.
    JSON: the document of the first one holds that of the next. JSON Lines: all events, each with its execution.
    """

    def __init__(self, sinks: Sequence[Sink], display: Display) -> None:
        self.sinks = list(sinks)
        self.open = list(sinks)
        self.display = display
        self.origins: dict[Source, Origin] = {}

    def of_called(self, flow: Flow, source: Source) -> Sequence[Sink]:
        if self.display.output is RunOutput.JSONL:
            from flowrun.sinks.jsonl import JsonLinesSink

            return [JsonLinesSink(sys.stdout)]
        found: list[Sink] = []
        if (text := self.text()) is not None:
            found.append(FailedCalls(text.told, self.origin(flow, source), text.symbols, narrow=text.narrow))
        if not self.display.quiet and (lines := self.lines()):
            self.make_room(flow)
            found.append(CalledLines(lines, flow.id))
        return found

    def of_successor(self, flow: Flow, source: Source) -> Sequence[Sink]:
        document = next((one for one in self.sinks if isinstance(one, JsonSink)), None)
        if document is not None:
            document.next = JsonSink(sys.stdout)  # the first one writes what it collects
            lines = [] if self.display.quiet else [log_lines(flow, self.display)]
            self.open += lines
            self.sinks = [document.next, *lines]
            return self.sinks
        self.close()
        if self.display.output is RunOutput.TEXT and not self.display.quiet:
            sys.stdout.write("\n")
        self.sinks = self.open = make_sinks(flow, source, self.display)
        return self.sinks

    def lines(self) -> Sink | None:
        """The sink that writes log lines at present."""
        return next((one for one in self.sinks if getattr(one, "shows_lines", False)), None)

    def make_room(self, flow: Flow) -> None:
        """Have the log lines of a called flow stand in the column of the others."""
        for one in self.inner():
            if isinstance(one, LogLines):
                one.make_room(id_width([f"{flow.id}/{task_id}" for task_id in flow.tasks_by_id]))

    def text(self) -> TextSink | None:
        """The sink that writes the summary, if there is one."""
        return next((one for one in self.inner() if isinstance(one, TextSink)), None)

    def inner(self) -> list[Sink]:
        """The sinks, without the live status around one of them."""
        return [getattr(one, "inner", one) for one in self.sinks]

    def origin(self, flow: Flow, source: Source) -> Origin:
        """That of a called flow, worked out once: it may be called many times."""
        if source not in self.origins:
            self.origins[source] = origin_of(flow, source)
        return self.origins[source]

    def close(self) -> None:
        """Have the sinks write what they still hold, the last one first; one that cannot does not keep the others from it."""
        with ExitStack() as stack:
            for sink in self.open:
                stack.callback(sink.close)


class CalledLines:
    """The log lines of a called flow, its id before those of its tasks, as another sink writes lines."""

    def __init__(self, lines: Sink, flow_id: str) -> None:
        self.lines = lines
        self.flow_id = flow_id

    def handle(self, event: Event) -> None:
        """Pass on the lines of the log; nothing else of a called flow is shown."""
        from flowrun.model.events import LogWritten

        if isinstance(event, LogWritten):
            entry = replace(event.entry, task_id=f"{self.flow_id}/{event.entry.task_id or '-'}")
            self.lines.handle(LogWritten(entry))

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held back."""
