"""What GitHub Actions, GitLab and Azure Pipelines make of a log: groups that fold, annotations, and no smuggled commands.

Each reads the log of a job for lines with a mark of its own and obeys them:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from flowrun.diagnostics import Severity
from flowrun.model.events import ExecutionCreated, ExecutionRestarted, LogWritten
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.sinks.lines import printable
from flowrun.sinks.origin import broken_sla, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import IO

    from flowrun.diagnostics import Diagnostic, Span
    from flowrun.model.events import Event
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.log import LogEntry


class CiSystem(Enum):
    """Whose job we run in."""

    GITHUB = auto()
    GITLAB = auto()
    AZURE = auto()


VARIABLES = {CiSystem.GITHUB: "GITHUB_ACTIONS", CiSystem.GITLAB: "GITLAB_CI", CiSystem.AZURE: "TF_BUILD"}

MOST = 10
"""Annotations of one severity: GitHub shows no more of a step."""


def ci_system(environment: Mapping[str, str]) -> CiSystem | None:
    """The system whose variable is `true`, in any case."""
    return next((one for one, name in VARIABLES.items() if environment.get(name, "").lower() == "true"), None)


# --- what a flow may not say

UNSEEN = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that a comparison by the rules of a language skips, as .NET's does unless told otherwise: two colons with
one of these between them may count as `::`."""


def apart(text: str) -> str:
    """A pattern of the text that looks past `UNSEEN` characters inside it."""
    return f"[{UNSEEN}]*".join(map(re.escape, text))


HALVES = (("##", "["), ("##", "vso["), ("section_start", ":"), ("section_end", ":"))
"""Marks that are obeyed anywhere in a line, cut in two: GitHub's older form and Azure's, GitLab's."""

LINE_START = rf"(?:^|\r)(?:[^\S\r\n]|[{UNSEEN}])*"
"""Where GitHub obeys `::`; it trims blanks."""

MARKS = re.compile(
    "|".join(
        rf"{first}(?=[{UNSEEN}]*{apart(second)})"
        for first, second in [(f"{LINE_START}:", ":"), *((apart(first), second) for first, second in HALVES)]
    ),
    re.MULTILINE | re.IGNORECASE,
)
"""The first half of every mark that begins a command, where the second half follows."""


def harmless(text: str) -> str:
    """The text with a blank inside every mark that a CI system would obey: `: :error`, `## [group]`, `section_end :`.

    For text that went through `printable`: what is taken out later could bring a mark together again.
    """
    return MARKS.sub(r"\g<0> ", text)


# --- annotations


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark that is shown beside a line of a file. `place`: GitHub's `line`, `col`, `endLine`, `endColumn`, if known."""

    severity: Severity
    title: str
    message: str
    file: str | None = None
    place: Mapping[str, int] = field(default_factory=dict)


def annotate(diagnostics: Iterable[Diagnostic], file: str | None, system: CiSystem) -> str:
    """The annotations for the problems of a file, as lines; empty for GitLab, which has none."""
    return annotation_lines([annotation_of(one, file) for one in diagnostics], system)


def annotation_of(diagnostic: Diagnostic, file: str | None) -> Annotation:
    """A problem under its code, with its hint."""
    hint = f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""
    place = place_of(diagnostic.span) if diagnostic.span else {}
    return Annotation(diagnostic.severity, diagnostic.code, printable(diagnostic.message + hint), file, place)


def place_of(span: Span) -> dict[str, int]:
    """A span as GitHub names it, which takes columns within one line only."""
    lines = {"line": span.line, "endLine": span.end_line}
    return {**lines, "col": span.column, "endColumn": span.end_column} if span.line == span.end_line else lines


def annotation_lines(annotations: Sequence[Annotation], system: CiSystem) -> str:
    """The lines of the annotations, the gravest first, `MOST` of each severity."""
    kept = [[one for one in annotations if one.severity is severity][:MOST] for severity in Severity]
    return "".join(annotation_line(one, system) for same in kept for one in same)


def annotation_line(annotation: Annotation, system: CiSystem) -> str:
    """The line of an annotation; empty where the system has nothing of its kind."""
    if system is CiSystem.GITHUB:
        return github_line(annotation)
    if system is CiSystem.AZURE and annotation.severity is not Severity.NOTE:
        return azure_line(annotation)
    return ""


GITHUB_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
GITHUB_PROPERTY = GITHUB_DATA | str.maketrans({":": "%3A", ",": "%2C"})
AZURE_DATA = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
AZURE_PROPERTY = AZURE_DATA | str.maketrans({";": "%3B", "]": "%5D"})


def github_line(annotation: Annotation) -> str:
    """`::error file=F,line=L,title=T::M`."""
    kind = "notice" if annotation.severity is Severity.NOTE else annotation.severity.value
    file = {"file": annotation.file, **annotation.place} if annotation.file else {}
    properties = {**file, "title": annotation.title}
    inside = ",".join(f"{name}={str(value).translate(GITHUB_PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {inside}::{annotation.message.translate(GITHUB_DATA)}\n"


def azure_line(annotation: Annotation) -> str:
    """`##vso[task.logissue type=error;sourcepath=F;linenumber=L]T: M`; a title has no place of its own there."""
    names = {"line": "linenumber", "col": "columnnumber"}
    place = {name: annotation.place[key] for key, name in names.items() if key in annotation.place}
    file = {"sourcepath": annotation.file, **place} if annotation.file else {}
    properties = {"type": annotation.severity.value, **file}
    inside = ";".join(f"{name}={str(value).translate(AZURE_PROPERTY)}" for name, value in properties.items())
    return f"##vso[task.logissue {inside}]{f'{annotation.title}: {annotation.message}'.translate(AZURE_DATA)}\n"


# --- groups


def group_start(system: CiSystem, title: str, name: str, at: datetime) -> str:
    """The line that begins a group. `name` and `at` are what GitLab knows it by."""
    match system:
        case CiSystem.GITHUB:
            return f"::group::{title.translate(GITHUB_DATA)}\n"
        case CiSystem.GITLAB:
            return f"\x1b[0Ksection_start:{int(at.timestamp())}:{name}[collapsed=true]\r\x1b[0K{title}\n"
        case CiSystem.AZURE:
            return f"##[group]{title}\n"


def group_end(system: CiSystem, name: str, at: datetime) -> str:
    """The line that ends the group."""
    match system:
        case CiSystem.GITHUB:
            return "::endgroup::\n"
        case CiSystem.GITLAB:
            return f"\x1b[0Ksection_end:{int(at.timestamp())}:{name}\r\x1b[0K\n"
        case CiSystem.AZURE:
            return "##[endgroup]\n"


# --- the sink


class CiSink:
    """Folds the log of a run into a group, and annotates what went wrong below it.

    It shares its stream with a `TextSink`, stands after it and is closed before it: so the head stands above
    the group, the log in it, and the task tree and the result below. `file` is the flow's, from the root of the
    repository; `lines` says where in it each task begins.
    """

    def __init__(self, stream: IO[str], system: CiSystem, *, file: str | None, lines: Mapping[str, int]) -> None:
        self.stream = stream
        self.system = system
        self.file = file
        self.lines = lines
        self.execution: Execution | None = None
        self.last: datetime
        self.errors: dict[str | None, str] = {}
        self.complaints: dict[str | None, str] = {}

    def handle(self, event: Event) -> None:
        """Begin the group, and remember the complaints of each task run."""
        if isinstance(event, LogWritten):
            self.last = event.entry.at
            self.remember(event.entry)
            return
        self.last = event.at
        if isinstance(event, (ExecutionCreated, ExecutionRestarted)):
            self.execution = event.execution
            title = f"log of {flow_name(event.execution)}"
            self.write(group_start(self.system, title, section(event.execution), event.at))

    def remember(self, entry: LogEntry) -> None:
        """Keep the last line of each task run that tells what is wrong; under None that of the engine."""
        if entry.level is LogLevel.ERROR:
            self.errors[entry.task_run_id] = entry.message
        if entry.level in (LogLevel.ERROR, LogLevel.WARN):
            self.complaints[entry.task_run_id] = entry.message

    def flush(self) -> None:
        """The group is out already; the annotations wait until it ends."""

    def close(self) -> None:
        """End the group and write the annotations, once; nothing when there was no execution."""
        execution, self.execution = self.execution, None
        if execution is not None:
            self.write(group_end(self.system, section(execution), self.last))
            self.write(annotation_lines(self.annotations(execution), self.system))

    def write(self, text: str) -> None:
        """Write and let out: the other sink writes to the same stream."""
        self.stream.write(text)
        self.stream.flush()

    def annotations(self, execution: Execution) -> list[Annotation]:
        """One for each task run that is to blame, else one for the execution, if it failed."""
        flow = flow_name(execution)
        failed = [self.of_failed(one, flow) for one in leaves(execution, StateType.FAILED)]
        warned = [self.of_warned(one, flow) for one in leaves(execution, StateType.WARNING, StateType.FAILED)]
        broken = broken_sla(self.errors)
        if execution.current is StateType.FAILED and (broken or not failed):
            message = broken or self.errors.get(None, "Execution failed")
            failed = [self.annotation(Severity.ERROR, None, f"{flow} failed", message)]
        return failed + warned

    def of_failed(self, task_run: TaskRun, flow: str) -> Annotation:
        message = readable(self.errors.get(task_run.id, "Task failed"))
        return self.annotation(Severity.ERROR, task_run.task_id, f"{flow}: {task_run.task_id} failed", message)

    def of_warned(self, task_run: TaskRun, flow: str) -> Annotation:
        message = self.complaints.get(task_run.id, "Task ended with a warning")
        title = f"{flow}: {task_run.task_id} ended with a warning"
        return self.annotation(Severity.WARNING, task_run.task_id, title, message)

    def annotation(self, severity: Severity, task_id: str | None, title: str, message: str) -> Annotation:
        """An annotation at the line of a task, where that is known."""
        line = self.lines.get(task_id) if task_id else None
        return Annotation(severity, title, printable(message).strip(), self.file, {"line": line} if line else {})


def flow_name(execution: Execution) -> str:
    return f"{execution.namespace}.{execution.flow_id}"


def section(execution: Execution) -> str:
    """A name for the group that no other one of the same job has."""
    return f"flowrun_{execution.id}"


def leaves(execution: Execution, state: StateType, *graver: StateType) -> list[TaskRun]:
    """The task runs that ended in a state, but not because one right below them ended in it or in a graver one."""
    bad = [one for one in execution.task_runs.values() if one.current in (state, *graver)]
    parents = {one.parent_id for one in bad}
    return [one for one in bad if one.current is state and one.id not in parents]
