"""Groups, annotations and defused log lines in CI."""

from __future__ import annotations

import io
from datetime import UTC

import pytest
from tests.unit.sinks import runs

from flowrun.diagnostics import Diagnostic, Severity, Span
from flowrun.model.events import ExecutionRestarted, LogWritten
from flowrun.model.execution import Execution
from flowrun.model.log import LogEntry, LogLevel
from flowrun.model.state import State, StateType
from flowrun.sinks.ci import Annotation, CiSink, CiSystem, annotate, annotation_line, ci_system, harmless
from flowrun.sinks.text import LogLines, TextSink

GITHUB, GITLAB, AZURE = CiSystem.GITHUB, CiSystem.GITLAB, CiSystem.AZURE

ID = "4Fq0dPbYkCr9nWm2sXhT7a"
FLOW = "tutorial.hello_world"


class Both:
    """A text sink and the one for CI on one stream, told and closed as the command line does it."""

    def __init__(self, system: CiSystem, file: str | None = "flows/a.yaml", **lines: int) -> None:
        self.stream = io.StringIO()
        text = TextSink(self.stream, zone=UTC, disarm=harmless)
        self.sinks = [text, CiSink(self.stream, system, file=file, lines=lines)]

    def handle(self, event):
        for sink in self.sinks:
            sink.handle(event)

    def flush(self):
        for sink in self.sinks:
            sink.flush()

    def close(self):
        for sink in reversed(self.sinks):
            sink.close()

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().split("\n")

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.lines if line.startswith(("::error", "::warning", "##vso"))]


def failure(story: runs.Story, task: str, *messages: str, **about) -> None:
    """A task run that logs errors and fails."""
    run_id = f"run-{len(story.execution.task_runs)}-{task}"
    for message in messages:
        log(story, run_id, message)
    story.task(task, StateType.FAILED, **about)


def log(story: runs.Story, run_id: str | None, message: str, level: LogLevel = LogLevel.ERROR) -> None:
    story.sink.handle(LogWritten(LogEntry(story.now, level, message, run_id and "task", run_id)))


# --- which system


@pytest.mark.parametrize(
    ("environment", "system"),
    [
        ({"GITHUB_ACTIONS": "true"}, GITHUB),
        ({"GITLAB_CI": "true"}, GITLAB),
        ({"TF_BUILD": "True"}, AZURE),
        ({"GITHUB_ACTIONS": "TRUE"}, GITHUB),
        ({"GITHUB_ACTIONS": "false", "TF_BUILD": "true"}, AZURE),
        ({"GITHUB_ACTIONS": "1"}, None),
        ({"CI": "true"}, None),
        ({}, None),
    ],
)
def test_the_system_is_the_one_whose_variable_is_true(environment, system):
    assert ci_system(environment) is system


# --- groups


@pytest.mark.parametrize(
    ("system", "start", "end"),
    [
        (GITHUB, f"::group::log of {FLOW}", "::endgroup::"),
        (AZURE, f"##[group]log of {FLOW}", "##[endgroup]"),
        (
            GITLAB,
            f"\x1b[0Ksection_start:1767261600:flowrun_{ID}[collapsed=true]\r\x1b[0Klog of {FLOW}",
            f"\x1b[0Ksection_end:1767261601:flowrun_{ID}\r\x1b[0K",
        ),
    ],
)
def test_the_log_stands_in_a_group_between_head_and_tree(system, start, end):
    both = Both(system)
    runs.hello(both)
    lines = both.lines
    head = lines.index(f"▶ {FLOW}  {ID}")
    first, last = lines.index(start), lines.index(end)
    log_lines = [place for place, line in enumerate(lines) if line.startswith("10:00:0")]
    tree = next(place for place, line in enumerate(lines) if line.startswith("✓ hello"))
    assert head < first < min(log_lines)
    assert max(log_lines) < last < tree


def test_a_restarted_execution_has_its_group_too():
    both = Both(GITHUB)
    execution = Execution(ID, "tutorial", "hello_world", 1, State.created(runs.START))
    both.handle(ExecutionRestarted(runs.START, execution))
    both.close()
    assert both.lines[0] == f"▶ {FLOW}  {ID}"
    assert f"::group::log of {FLOW}" in both.lines


def test_the_group_is_open_before_the_first_log_line_is_written():
    class Stream(io.StringIO):
        out = ""

        def flush(self):
            self.out = self.getvalue()

    stream = Stream()
    runs.Story(CiSink(stream, GITHUB, file=None, lines={}))
    assert stream.out == f"::group::log of {FLOW}\n"


def test_a_run_that_is_cut_short_ends_its_group():
    both = Both(GITHUB)
    runs.Story(both).task("slow", StateType.RUNNING)
    both.close()
    assert both.lines.count("::endgroup::") == 1


def test_close_twice_ends_the_group_once():
    both = Both(GITHUB)
    runs.troubles(both)
    both.close()
    assert both.lines.count("::endgroup::") == 1
    assert len(both.annotations) == 2


def test_no_execution_no_group():
    both = Both(GITHUB)
    both.close()
    assert both.stream.getvalue() == ""


# --- annotations of a run


def test_a_failed_task_is_an_error_with_its_last_error_line():
    both = Both(GITHUB, a=7)
    story = runs.Story(both)
    failure(story, "a", "first", "last")
    log(story, "run-0-a", "not grave enough", LogLevel.WARN)
    log(story, "run-9-b", "of another")
    story.end(StateType.FAILED)
    assert both.annotations == [f"::error file=flows/a.yaml,line=7,title={FLOW}%3A a failed::last"]


def test_a_task_that_ended_with_a_warning_is_a_warning_with_its_last_complaint():
    both = Both(GITHUB, a=7)
    story = runs.Story(both)
    log(story, "run-0-a", "an error")
    log(story, "run-0-a", "a warning", LogLevel.WARN)
    log(story, "run-0-a", "only told", LogLevel.INFO)
    story.task("a", StateType.WARNING).end(StateType.WARNING)
    title = f"{FLOW}%3A a ended with a warning"
    assert both.annotations == [f"::warning file=flows/a.yaml,line=7,title={title}::a warning"]


def test_a_task_that_logged_nothing_has_a_message_all_the_same():
    both = Both(GITHUB)
    runs.Story(both).task("a", StateType.FAILED).task("b", StateType.WARNING).end(StateType.FAILED)
    assert [line.rpartition("::")[2] for line in both.annotations] == ["Task failed", "Task ended with a warning"]


def test_only_the_innermost_failure_is_to_blame():
    both = Both(GITHUB)
    story = runs.Story(both).task("outer", StateType.FAILED)
    outer = story.last_id()
    story.task("inner", StateType.FAILED, parent=outer).task("fine", parent=outer).end(StateType.FAILED)
    assert [line.rpartition("::")[0] for line in both.annotations] == [
        f"::error file=flows/a.yaml,title={FLOW}%3A inner failed"
    ]


def test_a_parent_that_failed_on_its_own_is_to_blame_beside_a_warning_below_it():
    both = Both(GITHUB)
    story = runs.Story(both).task("outer", StateType.FAILED)
    story.task("inner", StateType.WARNING, parent=story.last_id()).end(StateType.FAILED)
    assert [line.split(" ")[0] for line in both.annotations] == ["::error", "::warning"]


@pytest.mark.parametrize("state", [StateType.FAILED, StateType.WARNING])
def test_a_parent_is_not_warned_of_where_a_child_tells_why(state):
    both = Both(GITHUB)
    story = runs.Story(both).task("tolerant", StateType.WARNING)
    story.task("inner", state, parent=story.last_id()).end(StateType.WARNING)
    assert len(both.annotations) == 1
    assert "inner" in both.annotations[0]


def test_no_more_than_ten_of_each_kind():
    both = Both(GITHUB)
    story = runs.Story(both)
    for number in range(11):
        story.task(f"w{number}", StateType.WARNING).task(f"f{number}", StateType.FAILED)
    story.end(StateType.FAILED)
    kinds = [line.split(" ")[0] for line in both.annotations]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10
    assert "f0 failed" in both.annotations[0]


def test_a_failed_execution_without_a_failed_task_is_an_error_with_the_last_line_of_the_engine():
    both = Both(GITHUB)
    story = runs.Story(both).task("a")
    log(story, None, "Failed to render output values")
    log(story, "run-0-a", "of a task")
    story.end(StateType.FAILED)
    assert both.annotations == [f"::error file=flows/a.yaml,title={FLOW} failed::Failed to render output values"]


def test_of_a_broken_sla_the_execution_is_to_blame_and_no_task():
    both = Both(GITHUB, a=7)
    story = runs.Story(both)
    failure(story, "a")
    log(story, None, "Execution failed due to SLA 'quick' violated: too slow")
    story.end(StateType.FAILED)
    assert both.annotations == [f"::error file=flows/a.yaml,title={FLOW} failed::SLA 'quick' violated: too slow"]


def test_an_annotation_names_the_execution_where_a_server_has_a_link():
    both = Both(GITHUB, a=7)
    story = runs.Story(both)
    failure(story, "a", 'Subflow execution [[link execution="4Fq0" flowId="b" namespace="c"]] ends in FAILED state')
    story.end(StateType.FAILED)
    assert both.annotations[0].endswith("::Subflow execution c.b 4Fq0 ends in FAILED state")


def test_a_failed_execution_that_logged_nothing_is_an_error_all_the_same():
    both = Both(GITHUB)
    runs.Story(both).end(StateType.FAILED)
    assert both.annotations == [f"::error file=flows/a.yaml,title={FLOW} failed::Execution failed"]


@pytest.mark.parametrize("state", [StateType.SUCCESS, StateType.KILLED, StateType.WARNING])
def test_an_execution_that_did_not_fail_is_no_error(state):
    both = Both(GITHUB)
    runs.Story(both).task("a").end(state)
    assert both.annotations == []


def test_without_a_file_there_is_no_line():
    both = Both(GITHUB, file=None, a=7)
    runs.Story(both).task("a", StateType.FAILED).end(StateType.FAILED)
    assert both.annotations == [f"::error title={FLOW}%3A a failed::Task failed"]


def test_azure_names_file_and_line_its_own_way_and_the_task_in_the_message():
    both = Both(AZURE, a=7)
    runs.Story(both).task("a", StateType.FAILED).task("b", StateType.WARNING).end(StateType.FAILED)
    error, warning = both.annotations
    assert error == f"##vso[task.logissue type=error;sourcepath=flows/a.yaml;linenumber=7]{FLOW}: a failed: Task failed"
    assert warning.startswith(
        f"##vso[task.logissue type=warning;sourcepath=flows/a.yaml]{FLOW}: b ended with a warning:"
    )


def test_gitlab_has_no_annotations():
    both = Both(GITLAB, a=7)
    runs.Story(both).task("a", StateType.FAILED).end(StateType.FAILED)
    end = both.lines.index(f"\x1b[0Ksection_end:1767261600:flowrun_{ID}\r\x1b[0K")
    assert both.lines[end + 1 :] == [
        "✗ a  FAILED  2 ms",
        "",
        f"✗ FAILED  hello_world  2 ms  {ID}",
        "  failed at  a",
        "",
    ]


def test_annotations_stand_right_behind_the_group():
    both = Both(GITHUB)
    runs.Story(both).task("a", StateType.FAILED).end(StateType.FAILED)
    assert both.lines[both.lines.index("::endgroup::") + 1] == both.annotations[0]


def test_neither_escape_sequences_nor_the_last_line_end_of_a_message_reach_its_annotation():
    both = Both(GITHUB)
    story = runs.Story(both)
    failure(story, "a", "\x1b[31mred\x1b[0m\r\nand more\n")
    story.end(StateType.FAILED)
    assert both.annotations[0].endswith("::red%0Aand more")


def test_an_annotation_of_many_lines_is_one_line():
    both = Both(GITHUB)
    story = runs.Story(both)
    failure(story, "a", "x\n::error::smuggled\n##[error]smuggled")
    story.end(StateType.FAILED)
    assert len(both.annotations) == 1


# --- escaping


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("100%", "100%25", "100%25"),
        ("a\rb", "a%0Db", "a%0Db"),
        ("a\nb", "a%0Ab", "a%0Ab"),
        ("a:b", "a:b", "a%3Ab"),
        ("a,b", "a,b", "a%2Cb"),
        ("%0A", "%250A", "%250A"),
        ("::", "::", "%3A%3A"),
    ],
)
def test_github_escapes_what_would_end_a_value_or_the_line(text, data, value):
    line = annotation_line(Annotation(Severity.ERROR, text, text, text), GITHUB)
    assert line == f"::error file={value},title={value}::{data}\n"


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("100%", "100%AZP25", "100%AZP25"),
        ("a\rb", "a%0Db", "a%0Db"),
        ("a\nb", "a%0Ab", "a%0Ab"),
        ("a;b", "a;b", "a%3Bb"),
        ("a]b", "a]b", "a%5Db"),
        ("%0A", "%AZP250A", "%AZP250A"),
    ],
)
def test_azure_escapes_what_would_end_a_value_or_the_line(text, data, value):
    line = annotation_line(Annotation(Severity.ERROR, text, text, text), AZURE)
    assert line == f"##vso[task.logissue type=error;sourcepath={value}]{data}: {data}\n"


# --- annotations of a check


PLACE = Span(9, 5, 9, 11)


def problem(severity: Severity, span: Span | None = PLACE, hint: str | None = None) -> Diagnostic:
    return Diagnostic("unknown-field", severity, "unknown field `mesage`", span, hint=hint)


EACH = [problem(one) for one in Severity]


def test_github_gets_a_problem_with_its_place_under_its_code():
    assert annotate(EACH, "a.yaml", GITHUB).splitlines() == [
        f"::{kind} file=a.yaml,line=9,endLine=9,col=5,endColumn=11,title=unknown-field::unknown field `mesage`"
        for kind in ("error", "warning", "notice")
    ]


def test_azure_gets_a_problem_with_its_place_but_no_notes():
    place = "sourcepath=a.yaml;linenumber=9;columnnumber=5"
    assert annotate(EACH, "a.yaml", AZURE).splitlines() == [
        f"##vso[task.logissue type={kind};{place}]unknown-field: unknown field `mesage`"
        for kind in ("error", "warning")
    ]


def test_gitlab_gets_no_problems():
    assert annotate(EACH, "a.yaml", GITLAB) == ""


def test_github_takes_no_columns_across_lines():
    line = annotate([problem(Severity.ERROR, Span(9, 5, 11, 2))], "a.yaml", GITHUB)
    assert line == "::error file=a.yaml,line=9,endLine=11,title=unknown-field::unknown field `mesage`\n"


def test_a_problem_without_a_place_names_the_file():
    line = annotate([problem(Severity.ERROR, None)], "a.yaml", GITHUB)
    assert line == "::error file=a.yaml,title=unknown-field::unknown field `mesage`\n"


def test_the_hint_stands_below_the_message():
    line = annotate([problem(Severity.ERROR, hint="did you mean `message`?")], "a.yaml", GITHUB)
    assert line.endswith("::unknown field `mesage`%0Ahint: did you mean `message`?\n")


def test_a_check_shows_no_more_than_ten_of_each_severity_the_gravest_first():
    many = [problem(severity) for _ in range(11) for severity in reversed(Severity)]
    kinds = [line.split(" ")[0] for line in annotate(many, "a.yaml", GITHUB).splitlines()]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10


def test_no_problems_no_lines():
    assert annotate([], "a.yaml", GITHUB) == ""


# --- what a flow may not say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("  \t::error::x", "  \t: :error::x"),
        ("x\n::error::x\n ::y", "x\n: :error::x\n : :y"),
        ("x\r::error::x", "x\r: :error::x"),
        ("\u3000::error::x", "\u3000: :error::x"),
        (":::x", ": ::x"),
        ("x ##[error]y", "x ## [error]y"),
        ("###[group]", "### [group]"),
        ("x ##vso[task.complete]y", "x ## vso[task.complete]y"),
        ("##VSO[task.complete]", "## VSO[task.complete]"),
        ("section_start:1:x", "section_start :1:x"),
        ("x section_end:1:x", "x section_end :1:x"),
        ("##[a]##[b]", "## [a]## [b]"),
    ],
)
def test_every_mark_of_a_command_is_broken(text, shown):
    assert harmless(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "a ::b",
        "10::00",
        ":",
        " : :",
        "# # [x]",
        "## heading",
        "a[0]",
        "vso[x]",
        "section_start",
        "x\n\n:y",
    ],
)
def test_what_is_no_mark_stays_as_it_is(text):
    assert harmless(text) == text


@pytest.mark.parametrize("unseen", ["\ufe0f", "\u200b", "\u034f", "\x01", "\U000e0100"])
def test_a_character_that_nobody_sees_does_not_hide_a_mark(unseen):
    assert harmless(f"{unseen}:{unseen}:x") == f"{unseen}: {unseen}:x"
    assert harmless(f"#{unseen}#{unseen}[x]") == f"#{unseen}# {unseen}[x]"
    assert harmless(f"#{unseen}#{unseen}v{unseen}so[x]") == f"#{unseen}# {unseen}v{unseen}so[x]"


@pytest.mark.parametrize("text", ["::x", "###[x", "##vso[x", "section_end:x", ":::::", "####[[", " ::\n ::"])
def test_what_is_harmless_stays_as_it_is(text):
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize(
    "message",
    ["a\n::error::x", "#\r#[error]x", "#\x1b[0m#[error]x", "##\r\x1b[1mvso[task.complete]", "section_\x1b[0mend:1:x"],
)
def test_a_log_line_gives_no_command(message):
    """Also where the mark comes together only when escape sequences are taken out of the message."""
    stream = io.StringIO()
    log(runs.Story(LogLines(stream, zone=UTC, disarm=harmless)), "run", message)
    text = stream.getvalue()
    assert not any(mark in text for mark in ("##[", "##vso[", "section_end:"))
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_the_start_of_a_message_is_no_start_of_a_line():
    stream = io.StringIO()
    log(runs.Story(LogLines(stream, zone=UTC, disarm=harmless)), "run", "::x")
    assert stream.getvalue().endswith("task  ::x\n")


def test_inputs_notes_names_and_outputs_give_no_command():
    both = Both(GITHUB)
    story = runs.Story(both, inputs={"one": "##[error]i"})
    story.task("a", value="##[error]v", outputs={"two": "##vso[task.complete]n"})
    story.end(StateType.SUCCESS, three="##[error]o")
    text = both.stream.getvalue()
    assert "##[" not in text
    assert "##vso[" not in text
    assert text.count("## [error]") == 3
    assert text.count("## vso[") == 1


def test_disarming_can_be_asked_for_later():
    stream = io.StringIO()
    sink = TextSink(stream, zone=UTC)
    sink.disarm = harmless
    log(runs.Story(sink), "run", "##[error]x")
    assert "## [error]x" in stream.getvalue()


def test_outside_of_ci_every_message_stays_as_it_is():
    stream = io.StringIO()
    log(runs.Story(LogLines(stream, zone=UTC)), "run", "##[error]x")
    assert "##[error]x" in stream.getvalue()
