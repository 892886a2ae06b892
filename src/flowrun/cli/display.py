"""How a run is shown: which sinks there are for what the caller asked for and for where the output goes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from flowrun.cli import problems
from flowrun.cli.ci import ci_system_of, in_repository
from flowrun.cli.look import ColorChoice, error_painter, look_of
from flowrun.cli.options import RunOutput
from flowrun.errors import FlowrunError
from flowrun.model.task import FlowableTask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from flowrun.loading.source import Source
    from flowrun.model.flow import Flow
    from flowrun.model.log import LogEntry, LogLevel
    from flowrun.model.sink import Sink
    from flowrun.model.task import Task
    from flowrun.sinks.ci import CiSystem
    from flowrun.sinks.origin import Origin
    from flowrun.sinks.text import TextSink

LONGEST_ID_COLUMN = 24


@dataclass(frozen=True, slots=True)
class Display:
    """What the caller asked for."""

    output: RunOutput
    color: ColorChoice
    ascii: bool
    level: LogLevel
    quiet: bool

    def note(self, text: str) -> None:
        """A line on stderr that is not part of the product."""
        if not self.quiet:
            self.tell("note", text)

    def warn(self, text: str) -> None:
        """A line on stderr that `--quiet` does not silence."""
        self.tell("warning", text)

    def tell(self, kind: str, text: str) -> None:
        paint = error_painter(self.color)
        sys.stderr.write(f"{paint(kind, f'{kind}:')} {text}\n")

    def findings(self, diagnostics: Sequence[Any], source: Source) -> None:
        """What is wrong with a flow that runs nevertheless."""
        if not self.quiet:
            problems.show(diagnostics, source, error_painter(self.color))


def make_sinks(flow: Flow, source: Source, display: Display, logs: Sequence[LogEntry] = ()) -> list[Sink]:
    """Text: everything on stdout. JSON: documents on stdout, log lines on stderr.

    `logs`: the lines of an earlier process. Sinks are closed in the reverse order.
    """
    if display.output is RunOutput.TEXT:
        return text_sinks(flow, source, display, logs)
    lines = [] if display.quiet else [log_lines(flow, display)]
    if display.output is RunOutput.JSONL:
        from flowrun.sinks.jsonl import JsonLinesSink

        return [JsonLinesSink(sys.stdout), *lines]
    from flowrun.sinks.json_document import JsonSink

    return [JsonSink(sys.stdout, logs), *lines]


def log_lines(flow: Flow, display: Display) -> Sink:
    """The log beside a document."""
    from flowrun.sinks.text import LogLines

    lines = LogLines(sys.stderr, level=display.level, id_width=id_width(flow.tasks_by_id))
    if ci_system_of(os.environ):
        from flowrun.sinks.ci import harmless

        lines.disarm = harmless
    return lines


def text_sinks(flow: Flow, source: Source, display: Display, logs: Sequence[LogEntry]) -> list[Sink]:
    """The text, with a live status where somebody watches, with groups and annotations in the jobs of a CI system."""
    text = text_sink(sys.stdout, display, id_width(flow.tasks_by_id), origin_of(flow, source))
    for entry in logs:
        text.remember(entry)
    if system := ci_system_of(os.environ):
        return ci_sinks(text, source, system, display)
    watched = sys.stdout.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if display.quiet or not watched or os.environ.get("CI"):
        return [text]
    from flowrun.sinks.lines import ASCII, UNICODE
    from flowrun.sinks.status import Status, StatusSink
    from flowrun.sinks.terminal import console_for

    look = look_of(sys.stderr, display.color, ascii_only=display.ascii)
    console = console_for(sys.stderr, width=None, color=look.color)
    return [StatusSink(text, Status(console, symbols=ASCII if look.ascii else UNICODE))]


def ci_sinks(text: TextSink, source: Source, system: CiSystem, display: Display) -> list[Sink]:
    """The text as the jobs of a CI system want it."""
    from flowrun.app.flows import task_lines
    from flowrun.sinks.ci import CiSink, harmless

    text.disarm = harmless
    if display.quiet:
        return [text]
    file = in_repository(source.name, os.environ)
    return [text, CiSink(sys.stdout, system, file=file, lines=task_lines(source))]


def id_width(task_ids: Mapping[str, Any] | Sequence[str]) -> int:
    """The width of the column of task ids."""
    return min(LONGEST_ID_COLUMN, max(map(len, task_ids), default=0))


def origin_of(flow: Flow, source: Source) -> Origin:
    """What a flow and its file have to say of an execution."""
    from flowrun.app.flows import task_lines
    from flowrun.sinks.origin import Origin

    return Origin(
        file=source.name,
        conditions={task.id: task.run_if for task in flow.tasks_by_id.values() if task.run_if},
        beside=frozenset(task.id for task in tasks_beside(flow)),
        find_lines=cache(lambda: task_lines(source)),
    )


def stored_origin(source: Source) -> Origin:
    """As `origin_of`, for the source that a stored execution was run from; nothing is known when it cannot be read any more."""
    from flowrun.app.flows import read
    from flowrun.sinks.origin import UNKNOWN

    try:
        flow, _ = read(source)
    except FlowrunError:  # what was run can be shown all the same
        return UNKNOWN
    return origin_of(flow, source)


def tasks_beside(flow: Flow) -> Iterator[Task]:
    """The tasks of `errors`, `finally` and `afterExecution` at any depth, and all below them."""
    from flowrun.model.flow import walk

    flowables = [one for one in flow.tasks_by_id.values() if isinstance(one, FlowableTask)]
    for tasks in (flow.errors, flow.finally_, flow.after_execution, *(one.errors for one in flowables)):
        yield from walk(tasks or ())
    for one in flowables:
        yield from walk(one.finally_ or ())


def text_sink(stream: TextIO, display: Display, width: int, origin: Origin | None = None) -> TextSink:
    """The text sink that fits the stream: drawn by rich where that shows."""
    from flowrun.sinks.lines import ASCII, UNICODE
    from flowrun.sinks.origin import UNKNOWN
    from flowrun.sinks.text import TextSink

    look = look_of(stream, display.color, ascii_only=display.ascii)
    symbols = ASCII if look.ascii else UNICODE
    if not look.terminal and not look.color:
        return TextSink(
            stream,
            level=display.level,
            id_width=width,
            symbols=symbols,
            quiet=display.quiet,
            origin=origin or UNKNOWN,
        )
    from flowrun.sinks.terminal import TerminalSink, console_for

    return TerminalSink(
        console_for(stream, width=look.width, color=look.color),
        wrap=look.terminal,
        level=display.level,
        id_width=width,
        symbols=symbols,
        quiet=display.quiet,
        origin=origin or UNKNOWN,
    )
