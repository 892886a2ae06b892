"""Plain lines, as pipes, files and CI get them."""

from __future__ import annotations

import io
from datetime import UTC

import pytest
from tests.cli.transcripts import hold
from tests.unit.sinks import runs

from flowrun.model.events import ExecutionRestarted, LogWritten
from flowrun.model.execution import Execution, Mock, PlannedFailure
from flowrun.model.log import LogBatch, LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.lines import ASCII
from flowrun.sinks.origin import Origin
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


@pytest.mark.parametrize(
    ("run", "lines"),
    [
        (lambda sink: runs.Story(sink).log("a", "hi").task("a").end(StateType.SUCCESS), 6),
        (lambda sink: runs.Story(sink).task("a").end(StateType.SUCCESS), 4),
        (lambda sink: runs.Story(sink).log("a", "hi").end(StateType.SUCCESS), 4),
        (lambda sink: runs.Story(sink).end(StateType.SUCCESS), 2),
    ],
    ids=["lines and tasks", "no lines", "no tasks", "neither"],
)
def test_one_blank_line_stands_between_the_parts(run, lines):
    shown = [line.rstrip() for line in written(run).split("\n")[1:-1]]
    assert len(shown) == lines
    assert [bool(line) for line in shown] == [place % 2 == 1 for place in range(lines)]
    stream = io.StringIO()
    run(TerminalSink(console_for(stream, width=80, color=False), id_width=16, zone=UTC))
    assert written(run) == stream.getvalue()


def test_a_run_that_is_paused_lasted_until_its_tasks_ended():
    stream = io.StringIO()
    story = runs.Story(TextSink(stream, zone=UTC, quiet=True)).task("long", seconds=3)
    story.execution.state.change(StateType.PAUSED, runs.START)
    story.sink.close()
    assert stream.getvalue() == "‖ PAUSED  hello_world  3.0 s  4Fq0dPbYkCr9nWm2sXhT7a\n"


def test_lines_below_the_level_are_left_out():
    stream = io.StringIO()
    sink = LogLines(stream, level=LogLevel.WARN, zone=UTC)
    runs.hello(sink)
    assert "Goodbye, Ann!" in stream.getvalue()
    assert "Waiting" not in stream.getvalue()


def test_a_long_loop_is_one_row():
    lines = written(runs.long_loop, symbols=ASCII).splitlines()
    assert [line for line in lines if "item" in line] == ["`- + item x 1,000  SUCCESS  1.0 s"]


def test_a_skipped_task_says_which_condition_did_not_hold():
    def run(sink):
        runs.Story(sink).task("never", StateType.SKIPPED).task("other", StateType.SKIPPED).end(StateType.SUCCESS)

    text = written(run, origin=Origin(conditions={"never": "{{ inputs.go\n}}"}))
    assert "never  SKIPPED  2 ms  runIf: {{ inputs.go }}\n" in text
    assert "other  SKIPPED  2 ms\n" in text


def failing(sink):
    story = runs.Story(sink)
    story.log("bad", "first", LogLevel.ERROR).log("bad", "it is\nbad", LogLevel.ERROR).log("bad", "well", LogLevel.WARN)
    story.task("bad", StateType.FAILED).end(StateType.FAILED)


def test_a_failed_run_ends_with_the_task_its_place_and_its_last_error():
    origin = Origin("flows/x.yaml", find_lines=lambda: {"bad": 12})
    assert written(failing, origin=origin).splitlines()[-1] == "  failed at  bad  flows/x.yaml:12  it is bad"
    assert written(failing, origin=origin, quiet=True).endswith("  failed at  bad  flows/x.yaml:12  it is bad\n")


def test_a_failed_run_without_a_file_names_the_task_and_its_last_error():
    assert written(failing).splitlines()[-1] == "  failed at  bad  it is bad"


def test_an_error_of_no_task_is_told_without_a_task():
    def run(sink):
        story = runs.Story(sink).log(None, "outputs make no sense", LogLevel.ERROR)
        story.task("good").end(StateType.FAILED)

    assert written(run).splitlines()[-1] == "  failed  outputs make no sense"


def test_lines_are_looked_for_only_when_something_failed():
    def refuse():
        raise AssertionError

    assert "✓ SUCCESS" in written(runs.hello, origin=Origin("x.yaml", find_lines=refuse))


def test_a_run_that_is_cut_short_shows_what_was_running():
    def run(sink):
        runs.Story(sink).task("slow", StateType.RUNNING).sink.close()

    assert "▶ slow  RUNNING\n" in written(run)


def test_what_did_not_run_for_real_is_marked_folded_or_not():
    stream = io.StringIO()
    plans = {"item": Mock({}), "check": PlannedFailure()}
    story = runs.Story(TextSink(stream, zone=UTC), planned=plans, until="check")
    for value in range(7):
        story.task("item", value=str(value), outputs={"n": 1})
    story.task("check", StateType.FAILED)
    story.task("skipped", StateType.SKIPPED)
    story.end(StateType.FAILED)
    rows = stream.getvalue().splitlines()
    assert [row.partition(" ms")[2] for row in rows if " ms" in row][:3] == ["  (mock)", "  (planned failure)", ""]
    result = next(row for row in rows if "FAILED  hello_world" in row)
    assert result.endswith("  (mock: item; planned failure: check; until: check)")


def test_what_was_copied_is_marked():
    stream = io.StringIO()
    story = runs.Story(TextSink(stream, zone=UTC), parent_id="another")
    story.wait(hours=-1).task("old")
    story.wait(hours=1).task("new")
    story.end(StateType.SUCCESS)
    marked = {line.split()[1]: "(copied)" in line for line in stream.getvalue().splitlines() if " ms" in line}
    assert marked == {"old": True, "new": False, "SUCCESS": False}


def by_text(stream: io.StringIO, **options) -> TextSink:
    return TextSink(stream, zone=UTC, id_width=5, **options)


def by_terminal(stream: io.StringIO, **options) -> TerminalSink:
    return TerminalSink(console_for(stream, width=60, color=True), zone=UTC, id_width=5, **options)


@pytest.mark.parametrize("make", [by_text, by_terminal])
@pytest.mark.parametrize("options", [{}, {"quiet": True}, {"level": LogLevel.ERROR}, {"level": LogLevel.WARN}])
@pytest.mark.parametrize("level", [LogLevel.INFO, LogLevel.ERROR])
@pytest.mark.parametrize("message", ["plain", "two\nlines", "\x1b[2Jsteers", "long " * 30, ""])
def test_lines_that_came_at_once_are_shown_as_those_that_came_one_by_one(make, options, level, message):
    batch = LogBatch(runs.START, level, ["first", message], "task", "run-0-task")
    shown = []
    for at_once in (True, False):
        stream = io.StringIO()
        story = runs.Story(make(stream, **options))
        if at_once:
            story.sink.handle_batch(batch)
        else:
            for entry in batch.entries():
                story.sink.handle(LogWritten(entry))
        story.task("task", StateType.FAILED).end(StateType.FAILED)
        shown.append(stream.getvalue())
    assert shown[0] == shown[1]
