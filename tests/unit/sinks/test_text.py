"""Plain lines, as pipes, files and CI get them."""

from __future__ import annotations

import io
from datetime import UTC

import pytest
from tests.cli.transcripts import hold
from tests.unit.sinks import runs

from flowrun.model.events import ExecutionRestarted
from flowrun.model.execution import Execution
from flowrun.model.log import LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.lines import ASCII
from flowrun.sinks.terminal import TerminalSink, console_for
from flowrun.sinks.text import LogLines, TextSink


class Stream(io.StringIO):
    """Remembers what had been let out at each flush."""

    def __init__(self):
        super().__init__()
        self.flushed = []

    def flush(self):
        self.flushed.append(self.getvalue())


def written(run, **options) -> str:
    stream = io.StringIO()
    run(TextSink(stream, id_width=16, zone=UTC, **options))
    return stream.getvalue()


@pytest.mark.parametrize("name", ["hello", "troubles"])
def test_plain_text_is_exactly_the_transcript(name):
    hold(f"plain-{name}", written(getattr(runs, name)))


@pytest.mark.parametrize("run", [runs.hello, runs.long_loop])
def test_plain_text_has_the_content_of_the_terminal(run):
    stream = io.StringIO()
    run(TerminalSink(console_for(stream, width=200, color=False), id_width=16, zone=UTC))
    assert written(run) == stream.getvalue()


def test_each_line_is_let_out_when_it_is_written():
    stream = Stream()
    story = runs.Story(TextSink(stream, zone=UTC))
    story.log("hello", "first")
    assert stream.flushed[-1].endswith("first\n")


def test_a_restarted_execution_has_its_head_and_result():
    stream = io.StringIO()
    sink = TextSink(stream, zone=UTC)
    execution = Execution("4Fq0dPbYkCr9nWm2sXhT7a", "tutorial", "hello_world", 1, State.created(runs.START))
    sink.handle(ExecutionRestarted(runs.START, execution))
    execution.state.change(StateType.SUCCESS, runs.START)
    sink.close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "▶ tutorial.hello_world  4Fq0dPbYkCr9nWm2sXhT7a"
    assert lines[-1] == "✓ SUCCESS  hello_world  0 ms  4Fq0dPbYkCr9nWm2sXhT7a"


def test_close_twice_writes_the_result_once():
    stream = io.StringIO()
    sink = TextSink(stream, zone=UTC)
    runs.hello(sink)
    sink.close()
    assert stream.getvalue().count("✓ SUCCESS  hello_world") == 1


def test_a_sink_that_saw_no_execution_writes_nothing():
    stream = io.StringIO()
    TextSink(stream).close()
    assert stream.getvalue() == ""


def test_quiet_leaves_outputs_and_result():
    lines = written(runs.hello, quiet=True).splitlines()
    assert [line.split()[0] for line in lines if line] == ["outputs", "summary:", "✓"]


def test_lines_below_the_level_are_left_out():
    stream = io.StringIO()
    sink = LogLines(stream, level=LogLevel.WARN, zone=UTC)
    runs.hello(sink)
    assert "Goodbye, Ann!" in stream.getvalue()
    assert "Waiting" not in stream.getvalue()


def test_long_rows_of_equal_siblings_are_folded():
    text = written(runs.long_loop, symbols=ASCII)
    assert "|- ... 960 more  + SUCCESS" in text
    assert text.count("item [") == 40


def test_a_failed_sibling_is_never_folded_away():
    def run(sink):
        story = runs.Story(sink)
        for number in range(200):
            story.task(f"t{number}", StateType.FAILED if number == 100 else StateType.SUCCESS)
        story.end(StateType.FAILED)

    text = written(run)
    assert "✗ t100" in text
    assert text.count("… 60 more") == 1
    assert text.count("… 59 more") == 1


def test_a_run_that_is_cut_short_shows_what_was_running():
    def run(sink):
        runs.Story(sink).task("slow", StateType.RUNNING).sink.close()

    assert "▶ slow  RUNNING\n" in written(run)
