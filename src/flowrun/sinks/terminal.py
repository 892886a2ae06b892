"""The run on a terminal: the same lines as `sinks.text`, drawn by rich in colour and folded to the width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.style import Style
from rich.text import Text

from flowrun.model.log import LogLevel
from flowrun.sinks.lines import LEVELS, NARROW, UNICODE, clock, printable
from flowrun.sinks.origin import UNKNOWN
from flowrun.sinks.summary import tree
from flowrun.sinks.text import TextSink

if TYPE_CHECKING:
    from datetime import tzinfo
    from typing import TextIO

    from flowrun.model.execution import Execution
    from flowrun.model.log import LogBatch, LogEntry
    from flowrun.sinks.lines import Line, Symbols
    from flowrun.sinks.origin import Origin

INDENT = 2
ROOM_FOR_A_NOTE = 16

STYLES = {
    "": Style(),
    "bold": Style(bold=True),
    "dim": Style(dim=True),
    "start": Style(color="cyan", bold=True),
    "name": Style(color="cyan"),
    "task": Style(color="cyan"),
    "TRACE": Style(dim=True),
    "DEBUG": Style(color="blue"),
    "INFO": Style(color="green"),
    "WARN": Style(color="yellow", bold=True),
    "ERROR": Style(color="red", bold=True),
    "SUCCESS": Style(color="green"),
    "WARNING": Style(color="yellow"),
    "FAILED": Style(color="red"),
    "KILLED": Style(color="magenta"),
    "KILLING": Style(color="magenta"),
    "CANCELLED": Style(color="magenta"),
    "SKIPPED": Style(dim=True),
    "PAUSED": Style(color="blue"),
    "RUNNING": Style(color="cyan"),
    "RETRYING": Style(color="yellow"),
    "RETRIED": Style(color="yellow"),
}


def style_of(name: str) -> Style:
    """The style of this name; `SUCCESS result` is that of SUCCESS, bold."""
    base, _, strong = name.partition(" ")
    return STYLES.get(base, STYLES[""]) + (STYLES["bold"] if strong else STYLES[""])


def console_for(stream: TextIO, *, width: int | None, color: bool) -> Console:
    """A console that draws exactly this way, whatever the environment says. No width: it follows the terminal's."""
    return Console(
        file=stream,
        width=width,
        color_system="standard" if color else None,
        force_terminal=True,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


class TerminalSink(TextSink):
    """As `TextSink`, drawn by rich. `wrap` folds long lines with a hanging indent; a pipe in colour does without."""

    def __init__(
        self,
        console: Console,
        *,
        wrap: bool = True,
        level: LogLevel = LogLevel.INFO,
        id_width: int = 0,
        zone: tzinfo | None = None,
        symbols: Symbols = UNICODE,
        quiet: bool = False,
        origin: Origin = UNKNOWN,
    ) -> None:
        stream = console.file
        super().__init__(stream, level=level, id_width=id_width, zone=zone, symbols=symbols, quiet=quiet, origin=origin)
        self.console = console
        self.wrap = wrap
        self.narrow = wrap and console.width < NARROW

    def write_log(self, entry: LogEntry) -> None:
        """One message, its further lines indented to where it begins; below an id that is wider than its column."""
        left = Text.assemble(
            (f"{clock(entry.at, self.zone)}  ", STYLES["dim"]),
            (LEVELS[entry.level], STYLES[entry.level.value]),
            (f"  {entry.task_id or '-':<{self.id_width}}", STYLES["task"]),
        )
        message = Text(self.disarm(printable(entry.message)))
        beyond = max(0, len(entry.task_id or "") - self.id_width)
        if self.narrow:
            self.print_line(left)
            self.print_hanging(Text(" " * INDENT), message)
        elif self.wrap and beyond and left.cell_len + INDENT + message.cell_len > self.console.width:
            self.print_line(left)  # the message stands below, in its own column
            self.print_hanging(Text(" " * (left.cell_len - beyond + INDENT)), message)
        else:
            self.print_hanging(left.append("  "), message)

    def write_batch(self, batch: LogBatch) -> None:
        """Each by itself: every one is folded."""
        for entry in batch.entries():
            self.write_log(entry)

    def print_hanging(self, left: Text, message: Text) -> None:
        """Print a message behind `left`, every further line as far in as its first."""
        room = self.console.width - left.cell_len
        lines = message.wrap(self.console, room) if self.wrap else message.split(allow_blank=True)
        for place, line in enumerate(lines or [Text()]):
            line.rstrip()
            self.print_line(Text.assemble(left if place == 0 else " " * left.cell_len, line))

    def write_tree(self, execution: Execution) -> None:
        """A line for each task run; its note is cut to what room there is, or stands below."""
        rows = tree(execution, self.symbols, self.console.width if self.wrap else None, self.origin.conditions)
        if rows and not self.after_blank:
            self.print_line(Text())
        for line, note in rows:
            self.write_row(self.styled(line), note)
        self.print_line(Text())

    def write_row(self, row: Text, note: str) -> None:
        """A row of the tree and its note."""
        row.rstrip()
        note = self.disarm(note)
        if not note:
            self.print_line(row)
        elif not self.wrap or self.console.width - row.cell_len - INDENT >= ROOM_FOR_A_NOTE:
            self.print_line(Text.assemble(row, (f"  {note}", STYLES["dim"])))
        else:
            self.print_line(row)
            self.print_line(Text(" " * 2 * INDENT + note, STYLES["dim"]))

    def write_lines(self, lines: list[Line]) -> None:
        """Write lines; what is too long goes on below, indented."""
        for line in lines:
            first, *rest = self.folded(self.styled(line))
            self.print_line(first)
            for more in rest:
                self.print_line(Text.assemble(" " * 2 * INDENT, more))

    def folded(self, line: Text) -> list[Text]:
        """The line in pieces that fit, its further ones indented."""
        line.rstrip()
        if not self.wrap or line.cell_len <= self.console.width:
            return [line]
        return list(line.wrap(self.console, self.console.width - 2 * INDENT)) or [line]

    def styled(self, line: Line) -> Text:
        """A line with its styles."""
        return Text.assemble(*((self.disarm(text), style_of(style)) for text, style in line))

    def print_line(self, line: Text) -> None:
        """Print one line, cut at the edge of a terminal."""
        line.rstrip()
        if self.wrap:
            line.truncate(self.console.width, overflow="ellipsis")
        self.console.print(line, soft_wrap=True)
