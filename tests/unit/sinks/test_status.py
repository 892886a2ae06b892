"""The live status, as a terminal would show it after each moment."""

from __future__ import annotations

import io
import re
from datetime import UTC

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.unit.sinks.runs import START

from flowrun.model.events import (
    AttemptEnded,
    AttemptStarted,
    ExecutionCreated,
    ExecutionRestarted,
    ExecutionStateChanged,
    LogWritten,
    TaskRunCreated,
    TaskRunStateChanged,
)
from flowrun.model.execution import Attempt, Execution, TaskRun
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.lines import ASCII, UNICODE
from flowrun.sinks.status import Status, StatusSink
from flowrun.sinks.terminal import TerminalSink, console_for

HEAD = ["▶ tutorial.hello_world  4Fq0dPbYkCr9nWm2sXhT7a", ""]


class Terminal(io.StringIO):
    """Keeps all that is written to it, and how often something came."""

    def __init__(self, width: int = 80, height: int = 24):
        super().__init__()
        self.size = width, height
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)

    def rows(self) -> list[str]:
        """What a reader sees, from the first line that was ever written; blanks at the ends are not seen."""
        rows, row, column = [""], 0, 0
        for code, character in re.findall(r"(\x1b\[\d*(?:;\d+)*[A-Za-z])|(.)", self.getvalue(), re.DOTALL):
            if code.endswith("A"):
                row -= int(code[2:-1])
                assert row >= 0, "the cursor left the screen"
            elif code == "\x1b[2K":
                rows[row] = ""
            elif character == "\r":
                column = 0
            elif character == "\n":
                row, column = row + 1, 0
                rows += [""] * (row == len(rows))
            elif character:
                rows[row] = rows[row][:column].ljust(column) + character + rows[row][column + 1 :]
                column += 1
                assert cell_len(rows[row]) <= self.size[0], "a line is wrapped by the terminal"
            else:
                assert code.endswith("m"), f"{code!r} moves the cursor in a way of its own"
        while len(rows) > row and not rows[-1]:
            rows.pop()
        return [row.rstrip() for row in rows]


class Scene:
    """A run on a terminal, told moment by moment; `live=False` leaves the status out."""

    def __init__(self, terminal: Terminal | None = None, *, live: bool = True, symbols=UNICODE, **about):
        self.terminal = terminal or Terminal()
        self.seconds = 1000.0
        console = Console(
            file=self.terminal,
            force_terminal=True,
            color_system=None,
            highlight=False,
            legacy_windows=False,
            _environ={},
        )
        console.size = self.terminal.size
        self.status = Status(console, symbols=symbols, monotonic=lambda: self.seconds)
        text = TerminalSink(
            console_for(self.terminal, width=self.terminal.size[0], color=False),
            id_width=5,
            zone=UTC,
            symbols=symbols,
        )
        self.sink = StatusSink(text, self.status) if live else text
        about = {"flow_id": "hello_world", "state": State(StateType.RUNNING, [(StateType.RUNNING, START)]), **about}
        self.execution = Execution("4Fq0dPbYkCr9nWm2sXhT7a", "tutorial", flow_revision=1, **about)

    def created(self) -> Scene:
        self.sink.handle(ExecutionCreated(START, self.execution))
        return self

    def restarted(self) -> Scene:
        self.sink.handle(ExecutionRestarted(START, self.execution))
        return self

    def wait(self, seconds: float) -> Scene:
        """As the loop does: it flushes, and again after every tenth of a second."""
        self.sink.flush()
        while seconds > 0:
            self.seconds += min(seconds, 0.1)
            seconds = round(seconds - 0.1, 6)
            self.sink.flush()
        return self

    def add(self, task: str, value: str | None = None, *, parent: str | None = None) -> str:
        run = TaskRun(f"{task}-{len(self.execution.task_runs)}", task, State.created(START), parent, value)
        self.execution.task_runs[run.id] = run
        self.sink.handle(TaskRunCreated(START, run, "tasks"))
        return run.id

    def start(self, *tasks: str, value: str | None = None, parent: str | None = None) -> Scene:
        for task in tasks:
            self.attempt(self.add(task, value, parent=parent))
        return self

    def attempt(self, run_id: str) -> Scene:
        run = self.execution.task_runs[run_id]
        run.state.change(StateType.RUNNING, START)
        run.attempts.append(Attempt(State.created(START)))
        self.sink.handle(AttemptStarted(START, run_id))
        return self

    def end(self, task: str, state: StateType = StateType.SUCCESS) -> Scene:
        run = self.run_of(task)
        run.state.change(state, START)
        self.sink.handle(AttemptEnded(START, run.id, state, state, None))
        return self

    def change(self, run_id: str, state: StateType) -> Scene:
        self.execution.task_runs[run_id].state.change(state, START)
        self.sink.handle(TaskRunStateChanged(START, run_id, state))
        return self

    def becomes(self, state: StateType) -> Scene:
        self.execution.state.change(state, START)
        self.sink.handle(ExecutionStateChanged(START, state))
        return self

    def log(self, message: str, level: LogLevel = LogLevel.INFO) -> Scene:
        self.sink.handle(LogWritten(LogEntry(START, level, message, "hello", "hello-0")))
        return self

    def run_of(self, task: str) -> TaskRun:
        return next(run for run in reversed(self.execution.task_runs.values()) if run.task_id == task)

    def shown(self) -> list[str]:
        """What stands below the head of the run."""
        rows = self.terminal.rows()
        return rows[rows.index("") + 1 :]


def logged(message: str) -> str:
    return f"10:00:00.012  INFO   hello  {message}"


def test_the_status_says_what_runs_and_for_how_long():
    scene = Scene().created().start("fetch").wait(0.3).end("fetch").start("load").wait(0.4)
    assert scene.shown() == ["▶ hello_world  1 done · 1 running · 0.7 s", "  load  0.4 s"]


def test_before_there_is_an_execution_nothing_is_drawn():
    assert Scene().wait(5).terminal.getvalue() == ""


def test_nothing_is_drawn_in_the_first_moments():
    scene = Scene().created().start("fetch").wait(0.15)
    assert scene.terminal.rows() == HEAD
    assert scene.wait(0.01).shown() == ["▶ hello_world  1 running · 0.2 s", "  fetch  0.2 s"]


def test_a_task_that_takes_long_is_timed_in_minutes():
    assert Scene().created().start("fetch").wait(125).shown()[1] == "  fetch  2 m 05 s"


def test_it_is_drawn_at_most_ten_times_a_second():
    scene = Scene().created().start("fetch").wait(0.2)
    before = scene.terminal.getvalue()
    for _ in range(9):
        scene.seconds += 0.01
        scene.sink.flush()
    assert scene.terminal.getvalue() == before
    scene.seconds += 0.02
    scene.sink.flush()
    assert scene.terminal.getvalue() != before


def test_it_is_erased_before_a_line_is_written():
    scene = Scene().created().start("fetch").wait(1).log("one")
    assert scene.shown() == [logged("one")]


def test_it_comes_back_below_the_line_as_soon_as_the_run_waits():
    scene = Scene().created().start("fetch").wait(1).log("one\ntwo")
    scene.sink.flush()
    assert scene.shown() == [
        logged("one"),
        " " * len(logged("")) + "two",
        "▶ hello_world  1 running · 1.0 s",
        "  fetch  1.0 s",
    ]


def test_lines_that_are_not_shown_leave_it_alone():
    scene = Scene().created().start("fetch").wait(1)
    before = scene.terminal.getvalue()
    scene.log("hidden", LogLevel.DEBUG)
    assert scene.terminal.getvalue() == before


def test_a_burst_of_lines_costs_one_erasing():
    burst, without = Scene().created().start("fetch"), Scene(live=False).created()
    burst.wait(1)
    before = burst.terminal.writes
    for number in range(1000):
        burst.log(f"line {number}")
        without.log(f"line {number}")
    assert burst.terminal.writes - before == 1 + without.terminal.writes - len(HEAD)


def test_a_burst_of_lines_with_flushes_between_draws_it_a_few_times():
    scene = Scene().created().start("fetch").wait(1)
    before = scene.terminal.getvalue().count("hello_world")
    for number in range(1000):
        scene.log(f"line {number}").sink.flush()
        scene.seconds += 0.0001
    assert scene.terminal.getvalue().count("hello_world") - before <= 6


def play(scene: Scene) -> Scene:
    """A run with a bit of everything."""
    scene.created().start("fetch").wait(1).log("one").start("a", "b", "c").wait(0.5).log("two\nlines").log("three")
    scene.wait(0.05).end("a").wait(2).end("fetch", StateType.RETRYING).log("x" * 200).wait(1)
    scene.end("b").end("c").attempt("fetch-0").wait(0.3).end("fetch").becomes(StateType.SUCCESS)
    scene.sink.close()
    scene.wait(1).sink.close()
    return scene


@pytest.mark.parametrize("width", [80, 40])
def test_nothing_of_it_is_left_when_the_run_is_over(width):
    live, without = play(Scene(Terminal(width))), play(Scene(Terminal(width), live=False))
    assert live.terminal.rows() == without.terminal.rows()
    assert live.terminal.getvalue() != without.terminal.getvalue()


def test_parallel_tasks_share_a_row():
    scene = Scene().created().start("left_wait").wait(0.2).start("right_wait", value="Lima").wait(0.4)
    assert scene.shown() == [
        "▶ hello_world  2 running · 0.6 s",
        "  left_wait          0.6 s   right_wait [Lima]  0.4 s",
    ]


def test_times_stand_below_each_other():
    scene = Scene(Terminal(40)).created().start("first").wait(10).start("second_has_more", "third").wait(1)
    assert scene.shown()[1:] == [
        "  first            11.0 s",
        "  second_has_more   1.0 s",
        "  third             1.0 s",
    ]


def test_what_began_first_stands_first():
    scene = Scene().created().start("a", "b", "c").wait(0.2).end("a").start("d").wait(0.2)
    assert re.findall(r"\b[a-d]\b", scene.shown()[1]) == ["b", "c", "d"]


def test_more_tasks_than_fit_are_a_number():
    scene = Scene().created().start(*(f"task_number_{number:03}" for number in range(20))).wait(1)
    assert scene.shown()[0] == "▶ hello_world  20 running · 1.0 s"
    assert [row.count("task_number") for row in scene.shown()[1:5]] == [3, 3, 3, 3]
    assert scene.shown()[5:] == ["  … 8 more"]


def test_as_many_tasks_as_fit_need_no_number():
    scene = Scene().created().start(*(f"task_number_{number:03}" for number in range(12))).wait(1)
    assert [row.count("task_number") for row in scene.shown()[1:]] == [3, 3, 3, 3]


def test_long_names_are_cut_only_when_there_are_many():
    names = [f"a_task_with_quite_a_long_name_{number}" for number in range(5)]
    few = Scene().created().start(*names[:4]).wait(1)
    assert [row.strip() for row in few.shown()[1:]] == [f"{name}  1.0 s" for name in names[:4]]
    many = Scene().created().start(*names).wait(1)
    assert many.shown()[1].count("a_task_with_quite_a_long_name…  1.0 s") == 2


def test_flowables_are_not_what_runs():
    scene = Scene().created()
    parallel = scene.add("both")
    scene.change(parallel, StateType.RUNNING).start("left", parent=parallel).wait(1)
    assert scene.shown() == ["▶ hello_world  1 running · 1.0 s", "  left  1.0 s"]
    scene.end("left").change(parallel, StateType.SUCCESS).wait(1)
    assert scene.shown() == ["▶ hello_world  1 done · 2.0 s"]


def test_what_runs_inside_a_loop_is_told_from_its_like():
    scene = Scene().created()
    first, second = scene.add("around", "Lima"), scene.add("around", "Oslo")
    scene.start("call", parent=first).start("call", parent=second).wait(1)
    assert scene.shown()[1] == "  call [Lima]  1.0 s   call [Oslo]  1.0 s"


def test_skipped_tasks_are_not_done():
    scene = Scene().created()
    scene.change(scene.add("never"), StateType.SKIPPED).wait(1)
    assert scene.shown() == ["▶ hello_world  1.0 s"]


def test_a_retry_is_waited_for_then_counted():
    scene = Scene().created().start("flaky", "steady").wait(1).end("flaky", StateType.RETRYING).wait(0.5)
    assert scene.shown() == [
        "▶ hello_world  1 running · 1 waiting · 1.5 s",
        "  steady                  1.5 s   flaky  waits for try 2  0.5 s",
    ]
    scene.end("steady").change("flaky-0", StateType.CREATED).attempt("flaky-0").wait(0.2)
    assert scene.shown() == ["▶ hello_world  1 done · 1 running · 1.7 s", "  flaky  try 2  0.2 s"]


def test_a_pause_is_waited_for():
    scene = Scene().created()
    pause = scene.add("approve")
    scene.change(pause, StateType.PAUSED).becomes(StateType.PAUSED).wait(3)
    assert scene.shown() == ["▶ hello_world  1 waiting · 3.0 s", "  approve  paused  3.0 s"]
    scene.change(pause, StateType.RUNNING).becomes(StateType.RUNNING).wait(1)
    assert scene.shown() == ["▶ hello_world  4.0 s"]


def test_a_queued_execution_says_what_it_waits_for():
    scene = Scene().created().becomes(StateType.QUEUED).wait(2)
    assert scene.shown() == ["· hello_world  queued, waiting for a free slot · 2.0 s"]


def test_after_a_kill_it_says_how_to_stop_at_once():
    scene = Scene().created().start("stubborn").wait(1).becomes(StateType.KILLING).wait(0.1)
    assert scene.shown() == ["■ hello_world  stopping · Ctrl-C again stops at once", "  stubborn  1.1 s"]
    scene.change("stubborn-0", StateType.KILLED).becomes(StateType.KILLED).wait(0.1)
    assert scene.shown() == ["■ hello_world  stopping · Ctrl-C again stops at once"]


def test_what_an_earlier_process_finished_is_done():
    scene = Scene()
    group = scene.add("group")
    for task, state in [("a", "SUCCESS"), ("b", "FAILED"), ("c", "SKIPPED"), ("d", "RUNNING"), ("e", "RETRYING")]:
        scene.execution.task_runs[scene.add(task, parent=group)].state.change(StateType(state), START)
    scene.restarted().wait(1)
    assert scene.shown() == ["▶ hello_world  2 done · 1 waiting · 1.0 s", "  e  waits for try 1  1.0 s"]
    scene.change("b-2", StateType.RESTARTED).change("d-4", StateType.RESTARTED)
    scene.attempt("b-2").attempt("d-4").attempt("e-5").wait(0.2)
    assert scene.shown()[0] == "▶ hello_world  1 done · 3 running · 1.2 s"
    scene.end("b").end("d").end("e").wait(0.1)
    assert scene.shown() == ["▶ hello_world  4 done · 1.3 s"]


def test_forty_columns_hold_what_matters():
    scene = Scene(Terminal(40)).created().start("before").wait(0.2)
    scene.start("left_wait", "right").wait(1)
    assert scene.shown() == [
        "▶ hello_world  3 running · 1.2 s",
        "  before     1.2 s   left_wait  1.0 s",
        "  right      1.0 s",
    ]
    scene.end("before").start("a_name_that_is_too_long_for_any_column").wait(1)
    assert scene.shown() == [
        "▶ hello_wo…  1 done · 3 running · 2.2 s",
        "  left_wait                       2.0 s",
        "  right                           2.0 s",
        "  a_name_that_is_too_long_for_a…  1.0 s",
    ]


def test_where_it_is_narrow_the_head_keeps_what_runs():
    scene = Scene(Terminal(40)).created().start("before", "flaky", "steady").wait(0.2)
    scene.end("before").end("flaky", StateType.RETRYING).wait(10)
    assert scene.shown()[0] == "▶ 1 running · 1 waiting · 10.2 s"
    assert scene.becomes(StateType.QUEUED).wait(0.1).shown()[0] == "· queued, waiting for a free slot"
    assert scene.becomes(StateType.KILLING).wait(0.1).shown()[0] == "■ stopping · Ctrl-C again stops at once"


def test_ascii_draws_nothing_beyond_ascii():
    scene = Scene(symbols=ASCII).created().start(*(f"task_number_{number}" for number in range(30))).wait(1)
    scene.end("task_number_0", StateType.RETRYING).wait(0.1)
    assert scene.terminal.getvalue().isascii()
    assert scene.shown()[0] == "> hello_world  29 running, 1 waiting, 1.1 s"
    assert scene.shown()[-1] == "  ... 18 more"


def test_values_cannot_steer_the_terminal():
    scene = Scene().created().start("item", value="\x1b[2J\x1b]0;title\x07red\nline\u202e").wait(1)
    assert scene.shown()[1] == "  item [red line\ufffd]  1.0 s"


def test_wide_characters_take_two_columns():
    scene = Scene().created().start("visit", value="日本語").start("visit", value="abcdef").wait(1)
    assert scene.shown()[1] == "  visit [日本語]  1.0 s   visit [abcdef]  1.0 s"


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 6, 7, 8, 30])
@pytest.mark.parametrize("width", [1, 2, 3, 7, 12, 20, 33, 40, 79, 200])
def test_no_size_is_too_small_and_two_rows_stay_free(width, height):
    terminal = Terminal(width, height)
    scene = Scene(terminal, live=False)
    scene.status.handle(ExecutionCreated(START, scene.execution))
    scene.sink = scene.status
    scene.start(*(f"task_number_{number}" for number in range(30)), value="日本語の文章").wait(1)
    rows = terminal.rows()
    assert len(rows) <= max(0, height - 2)
    assert all(cell_len(row) < width for row in rows)
    assert len(rows) >= min(height - 2, 6) * (width > 1)
    scene.status.close()
    assert not any(terminal.rows())


def test_in_few_rows_there_is_still_a_number():
    scene = Scene(Terminal(80, 5)).created().start(*(f"task_number_{number:03}" for number in range(20))).wait(1)
    assert len(scene.shown()) == 3
    assert scene.shown()[2] == "  … 17 more"


def test_a_terminal_that_changes_its_size_is_followed():
    scene = Scene().created().start("left_wait", "right_wait").wait(1)
    scene.status.console.size = (30, 24)
    assert scene.wait(0.1).shown()[1:] == ["  left_wait   1.1 s", "  right_wait  1.1 s"]
    scene.status.console.size = (30, 1)
    assert scene.wait(0.1).shown() == []


def test_colour_changes_nothing_but_escape_sequences():
    plain, colored = Scene(), Scene()
    colored.status.console = console_for(colored.terminal, width=80, color=True)
    for scene in (plain, colored):
        scene.created().start("fetch", "load").wait(1).end("load", StateType.RETRYING).wait(1)
    assert colored.terminal.rows() == plain.terminal.rows()
    assert "\x1b[36mfetch" in colored.terminal.getvalue()
