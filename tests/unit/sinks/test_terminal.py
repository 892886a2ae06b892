"""What a terminal shows, drawn from events made by hand."""

from __future__ import annotations

import io
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from tests.cli.transcripts import hold
from tests.unit.sinks import runs

from flowrun.sinks.lines import ASCII, UNICODE, Piece
from flowrun.sinks.terminal import TerminalSink, console_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.model.sink import Sink

RUNS = {"hello": runs.hello, "troubles": runs.troubles, "long-loop": runs.long_loop}


def drawn(
    run: Callable[[Sink], None], *, width: int = 80, color: bool = False, wrap: bool = True, ascii_only: bool = False
) -> str:
    stream = io.StringIO()
    symbols = ASCII if ascii_only else UNICODE
    run(TerminalSink(console_for(stream, width=width, color=color), wrap=wrap, id_width=16, zone=UTC, symbols=symbols))
    return stream.getvalue()


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("color", [True, False], ids=["color", "plain"])
def test_a_terminal_shows_exactly_the_transcript(name, width, color):
    hold(f"terminal-{name}-{width}{'-color' if color else ''}", drawn(RUNS[name], width=width, color=color))


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", range(30, 121, 5))
def test_no_line_is_wider_than_the_terminal(name, width):
    too_wide = [line for line in drawn(RUNS[name], width=width).splitlines() if cell_len(line) > width]
    assert not too_wide


@pytest.mark.parametrize("name", RUNS)
def test_colour_changes_nothing_but_escape_sequences(name):
    from flowrun.sinks.lines import ESCAPES

    colored = ESCAPES.sub("", drawn(RUNS[name], color=True))
    assert [line.rstrip() for line in colored.splitlines()] == drawn(RUNS[name]).splitlines()


def test_escape_sequences_of_a_message_do_not_reach_the_terminal():
    assert "\x1b" not in drawn(runs.troubles)
    assert "red and wide" in drawn(runs.troubles)


def test_without_wrapping_a_long_message_stays_on_one_line():
    assert "and this is a sentence that is too long for a line.\n" in drawn(runs.troubles, width=40, wrap=False)


def test_ascii_draws_no_symbol_beyond_ascii():
    assert drawn(runs.hello, ascii_only=True).isascii()
    assert drawn(runs.long_loop, ascii_only=True).isascii()


def test_nothing_is_held_back_for_a_flush():
    stream = io.StringIO()
    sink = TerminalSink(console_for(stream, width=80, color=False), zone=UTC)
    runs.Story(sink).log("hello", "Hi")
    written = stream.getvalue()
    sink.flush()
    assert "Hi" in written
    assert stream.getvalue() == written


def test_a_message_that_is_folded_beside_an_id_that_is_too_wide_stands_in_its_column():
    shown = drawn(
        lambda sink: runs.Story(sink).log("a_task_with_a_long_name", "short").log("a", "word " * 12), width=70
    )
    assert shown.splitlines()[2:] == [
        "10:00:00.012  INFO   a_task_with_a_long_name  short",
        "10:00:00.012  INFO   a                 word word word word word word",
        "                                       word word word word word word",
    ]
    shown = drawn(lambda sink: runs.Story(sink).log("a_task_with_a_long_name", "word " * 12), width=70)
    assert shown.splitlines()[2:] == [
        "10:00:00.012  INFO   a_task_with_a_long_name",
        "                                       word word word word word word",
        "                                       word word word word word word",
    ]


def test_blanks_at_the_end_fold_no_line():
    stream = io.StringIO()
    TerminalSink(console_for(stream, width=10, color=False)).write_lines([(Piece("1234567 90"), Piece("  "))])
    assert stream.getvalue() == "1234567 90\n"
