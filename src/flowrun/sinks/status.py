"""What runs right now, and for how long: a few lines at the bottom of a terminal that leave no trace.

Nothing here acts on its own: events are remembered, `flush` draws, and what writes to the terminal has it erased first.
"""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    ExecutionCreated,
    ExecutionRestarted,
    ExecutionStateChanged,
    LogWritten,
    TaskRunStateChanged,
)
from flowrun.model.state import StateType
from flowrun.sinks.lines import UNICODE, for_people, symbol
from flowrun.sinks.summary import short_text
from flowrun.sinks.terminal import style_of
from flowrun.sinks.tree import loop_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.sinks.lines import Symbols
    from flowrun.sinks.text import LogLines

DELAY = 0.15
"""Seconds before the status is shown at all: quick runs do not flicker."""

INTERVAL = 0.1
"""Seconds between two drawings of what is on the screen."""

RETURN_INTERVAL = 0.02
"""Seconds between two returns to the screen, so that what stands below a stream of log lines does not slow it down."""

ROWS = 4
"""Rows of task runs; what does not fit into them is a number."""

INDENT = 2
GAP = 3
LEAST_CELL = 8
"""Columns of the smallest cell, `a  0.0 s`."""

CUT_CELL = 32
"""Columns to which names may be cut so that more cells stand side by side."""

LEAST_NAME = 8
"""Columns below which the id of the flow is left out."""

VALUE_LENGTH = 20
NAME_LENGTH = 256

WAITING = frozenset({StateType.RETRYING, StateType.PAUSED})


class StatusSink:
    """A sink that writes lines at once, with the status below them: both streams lead to the same terminal."""

    shows_lines = True

    def __init__(self, inner: LogLines, status: Status) -> None:
        self.inner = inner
        self.status = status

    def handle(self, event: Event) -> None:
        """Write what there is to see of an event; the status comes back at the next `flush`."""
        if self.writes(event):
            self.status.erase()
        self.inner.handle(event)
        self.status.handle(event)

    def writes(self, event: Event) -> bool:
        """Whether the event becomes lines."""
        if isinstance(event, LogWritten):
            return event.entry.level in self.inner.shown
        return isinstance(event, (ExecutionCreated, ExecutionRestarted))

    def flush(self) -> None:
        """Bring the status up to date."""
        self.inner.flush()
        self.status.flush()

    def close(self) -> None:
        """Erase the status, then write what is left to say."""
        self.status.close()
        self.inner.close()


class Cell(NamedTuple):
    """A task run as it is drawn: `fetch [Lima]  waits for try 2  0.4 s`."""

    name: str
    note: str
    took: str

    @property
    def width(self) -> int:
        """The columns that it needs."""
        return cell_len(self.name) + len(self.beside_name)

    @property
    def beside_name(self) -> str:
        """What is never cut."""
        return f"  {self.note}  {self.took}" if self.note else f"  {self.took}"


class Status:
    """The live part of the screen. Of each event it costs a moment, whatever the number of task runs.

    It stands where the cursor is, which must be the start of a line, and leaves the cursor there when it is erased.
    `console` is that of a terminal that obeys escape sequences; `console_for(…, width=None)` follows its size.
    `monotonic` gives seconds.
    """

    def __init__(
        self, console: Console, *, symbols: Symbols = UNICODE, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.console = console
        self.symbols = symbols
        self.monotonic = monotonic
        self.execution: Execution | None = None
        self.started_at = 0.0
        self.stopping = False
        self.running: dict[str, float] = {}
        self.waiting: dict[str, float] = {}
        self.done: set[str] = set()
        self.height = 0
        self.drawn_at = 0.0
        self.returned_at = 0.0

    # --- what happens

    def handle(self, event: Event) -> None:
        """Remember what an event starts or ends. Nothing is drawn."""
        match event:
            case AttemptStarted():
                self.enter(event.task_run_id, StateType.RUNNING)
                self.running[event.task_run_id] = self.monotonic()
            case AttemptEnded() | TaskRunStateChanged():
                self.enter(event.task_run_id, event.state)
            case ExecutionStateChanged(state=StateType.KILLING):
                self.stopping = True
            case ExecutionCreated() | ExecutionRestarted():
                self.begin(event.execution)

    def begin(self, execution: Execution) -> None:
        """Take up an execution; what has ended in an earlier process is done already."""
        self.execution = execution
        self.started_at = now = self.monotonic()
        self.stopping = False
        runs = execution.task_runs.values()
        around = {one.parent_id for one in runs}
        self.running = {}
        self.waiting = {one.id: now for one in runs if one.current in WAITING}
        self.done = {one.id for one in runs if one.id not in around and is_done(one.current)}

    def enter(self, task_run_id: str, state: StateType) -> None:
        """A task run is in this state now. Only one that ran or waited before is counted when it ends."""
        had_begun = task_run_id in self.running or task_run_id in self.waiting
        self.running.pop(task_run_id, None)
        self.waiting.pop(task_run_id, None)
        if state in WAITING:
            self.waiting[task_run_id] = self.monotonic()
        if not state.is_terminal:
            self.done.discard(task_run_id)
        elif had_begun and is_done(state):
            self.done.add(task_run_id)

    # --- when it is on the screen

    def flush(self) -> None:
        """Draw, unless it is too early for that."""
        now = self.monotonic()
        if self.execution is None or now - self.started_at <= DELAY:
            return
        if self.height and now - self.drawn_at >= INTERVAL:
            self.draw(self.execution, now)
        elif not self.height and now - self.returned_at >= RETURN_INTERVAL:
            self.returned_at = now
            self.draw(self.execution, now)

    def draw(self, execution: Execution, now: float) -> None:
        """Replace what is on the screen, in one write."""
        lines = self.lines(execution, now)
        with self.console:
            self.console.control(going_up(self.height))
            # What the terminal echoes, `^C` above all, must neither be kept nor make the last line too long.
            self.console.print(Text("\n").join(lines), Control(ControlType.CARRIAGE_RETURN), end="", soft_wrap=True)
        self.height = len(lines)
        self.drawn_at = now

    def erase(self) -> None:
        """Make room for a line: to be called before anything is written to the terminal."""
        if self.height:
            self.console.control(going_up(self.height))
            self.height = 0

    def close(self) -> None:
        """Erase it for good."""
        self.erase()
        self.execution = None

    # --- what it shows

    def lines(self, execution: Execution, now: float) -> list[Text]:
        """The head and the rows: none as wide as the terminal, and at least two fewer than it has."""
        size = self.console.size
        width, height = size.width - 1, size.height - 2
        if width < 1 or height < 1:
            return []
        lines = [self.head(execution, now, width), *self.rows(execution, now, width, height - 1)]
        for line in lines:
            line.truncate(width)
        return lines

    def head(self, execution: Execution, now: float, width: int) -> Text:
        """`▶ hello_world  3 done · 2 running · 4.2 s`; where it is narrow, what matters less is left out."""
        state = StateType.KILLING if self.stopping else execution.current
        shown = state if state in {StateType.KILLING, StateType.QUEUED} else StateType.RUNNING
        left = f"{symbol(shown, self.symbols)} "
        words = self.fitting(self.words(shown, now), width - len(left))
        room = width - len(left) - len(words) - INDENT
        name = self.cut(short_text(execution.flow_id, NAME_LENGTH, self.symbols.more), room)
        named = name if room >= min(LEAST_NAME, len(execution.flow_id)) else ""
        return Text.assemble(
            (left, style_of(shown.value)), (named, style_of("bold")), " " * INDENT if named else "", words
        )

    def words(self, state: StateType, now: float) -> list[str]:
        """What is to be said of the whole run."""
        took = elapsed(now - self.started_at)
        match state:
            case StateType.KILLING:
                return ["stopping", "Ctrl-C again stops at once"]
            case StateType.QUEUED:
                return ["queued, waiting for a free slot", took]
        counts = [(len(self.done), "done"), (len(self.running), "running"), (len(self.waiting), "waiting")]
        return [*(f"{count} {word}" for count, word in counts if count), took]

    def fitting(self, words: list[str], width: int) -> str:
        """The words in a line. Of many the first says least, of two the second."""
        between = " · " if self.symbols is UNICODE else ", "
        while len(words) > 1 and len(between.join(words)) > width:
            del words[0 if len(words) > 2 else 1]
        return between.join(words)

    def rows(self, execution: Execution, now: float, width: int, height: int) -> list[Text]:
        """The task runs that run or wait, side by side, those that began first first; then how many more there are."""
        count = len(self.running) + len(self.waiting)
        if not count or height < 1:
            return []
        cells = self.cells(execution, now, ROWS * (1 + width // (LEAST_CELL + GAP)))
        columns, cell_width = columns_of(cells, count, width - INDENT)
        fits = count <= columns * min(ROWS, height)
        rows = min(ROWS, height) if fits else max(1, min(ROWS, height - 1))
        shown = [self.cell(cell, cell_width) for cell in cells[: rows * columns]]
        lines = [side_by_side(shown[start : start + columns]) for start in range(0, len(shown), columns)]
        if not fits and height > rows:
            more = f"{self.symbols.more} {count - len(shown)} more"
            lines.append(Text.assemble(" " * INDENT, (more, style_of("dim"))))
        return lines

    def cells(self, execution: Execution, now: float, most: int) -> list[Cell]:
        """The first cells, with times that stand below each other."""
        active = islice(chain(self.running.items(), self.waiting.items()), most)
        found = [(execution.task_runs[task_run_id], elapsed(now - since)) for task_run_id, since in active]
        times = max(len(took) for _, took in found)
        return [Cell(self.name(one, execution), note(one), took.rjust(times)) for one, took in found]

    def name(self, task_run: TaskRun, execution: Execution) -> str:
        """`left_wait`, `left_wait [value]`: the value is that of the loop around it."""
        member = loop_member(task_run, execution)
        value = execution.masking.text(member.value or "") if member else ""
        bracket = f" [{short_text(value, VALUE_LENGTH, self.symbols.more)}]" if member else ""
        return short_text(task_run.task_id, NAME_LENGTH, self.symbols.more) + bracket

    def cell(self, cell: Cell, width: int) -> Text:
        """A cell of exactly this width, its name cut to fit."""
        name = self.cut(cell.name, width - len(cell.beside_name))
        left = Text.assemble((name, style_of("task")), (f"  {cell.note}" if cell.note else "", style_of("RETRYING")))
        right = f"  {cell.took}"
        left.append(" " * (width - left.cell_len - len(right)))
        return left.append(right, style_of("dim"))

    def cut(self, text: str, width: int) -> str:
        """The text, or what fits of it."""
        if cell_len(text) <= width:
            return text
        more = self.symbols.more
        return set_cell_size(text, max(0, width - len(more))) + more


def is_done(state: StateType) -> bool:
    """Whether it has ended after it had begun."""
    return state.is_terminal and state is not StateType.SKIPPED


def note(task_run: TaskRun) -> str:
    """What there is to say of a task run that is not simply at its first try."""
    tries = len(task_run.attempts)
    match task_run.current:
        case StateType.RETRYING:
            return f"waits for try {tries + 1}"
        case StateType.PAUSED:
            return "paused"
    return f"try {tries}" if tries > 1 else ""


def elapsed(seconds: float) -> str:
    """`0.4 s`, then as durations are shown everywhere."""
    return f"{seconds:.1f} s" if seconds < 1 else for_people(timedelta(seconds=seconds))


def columns_of(cells: list[Cell], count: int, width: int) -> tuple[int, int]:
    """How many cells stand side by side, and how wide each is. Names are cut when there are more cells than rows."""
    for columns in range(min(count, (width + GAP) // (LEAST_CELL + GAP)), 1, -1):
        needed = widest(cells, columns)
        room = (width + GAP) // columns - GAP
        if needed <= room or (room >= CUT_CELL and count > ROWS):
            return columns, min(needed, room)
    return 1, min(widest(cells, 1), width)


def widest(cells: list[Cell], columns: int) -> int:
    """The widest of those that are shown in so many columns."""
    return max(cell.width for cell in cells[: ROWS * columns])


def side_by_side(cells: list[Text]) -> Text:
    """Cells in a row."""
    return Text.assemble(" " * INDENT, Text(" " * GAP).join(cells))


def going_up(height: int) -> Control:
    """Erase the line of the cursor and those above it, `height` in all; the cursor ends where the topmost starts."""
    if not height:
        return Control()
    above = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)) * (height - 1)
    return Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2), *above)
