"""The HTML page of a run. One file that asks for nothing: no script, no network, its style inside and nailed down by hash.

Every text goes through `text`; the page is well-formed XML too, which is how tests know that no text broke out.
Its size is bounded: `ROWS` rows of the task tree, `MEMBERS` of what is folded in them, values and the source cut.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.sinks.lines import UNICODE, clock, for_people, printable, symbol
from flowrun.sinks.origin import failure_of
from flowrun.sinks.summary import full_name, hidden, lasted, mark, name_in_loop, not_real
from flowrun.sinks.tree import Row, rows
from flowrun.sinks.values import json_ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.log import LogEntry
    from flowrun.sinks.origin import Failure, Origin
    from flowrun.sinks.report import BoundedLog

ROWS = 2000
MEMBERS = 2000
MEMBERS_OF_A_ROW = 200
ATTEMPTS = 20
VALUE_LENGTH = 4000
VALUE_OF_A_ROW = 1000
SOURCE_LENGTH = 500_000

SCALE = 1000
"""Units of a bar from the start of the run to its end."""


def page(execution: Execution, log: BoundedLog, origin: Origin, source: str, zone: tzinfo | None) -> Iterator[str]:
    """The page, in pieces."""
    failure = failure_of(execution, log.errors, origin.beside)
    yield from head(execution)
    yield from about(execution, zone)
    if text_of_plan := not_real(execution.kinds, execution.until):
        yield f'<div class="notice">In part, or not for real: {text(text_of_plan)}</div>\n'
    yield from failed_at(failure, execution, origin)
    yield from values("Inputs", execution.inputs)
    yield from values("Outputs", execution.outputs)
    yield from Rows(execution, origin, zone).section()
    yield from log_section(log, zone)
    failed_line = origin.find_lines().get(failure.task_run.task_id) if failure and failure.task_run else None
    yield from source_section(source, origin.file, failed_line)
    yield "</body>\n</html>\n"


def text(value: str) -> str:
    """A text as HTML has it; what could steer a terminal is as unwelcome here."""
    return html.escape(printable(value))


def whole(value: Any, length: int) -> str:
    """A value on as many lines as it needs, cut."""
    ready = json_ready(hidden(value))
    shown = ready if isinstance(ready, str) else json.dumps(ready, ensure_ascii=False, indent=2)
    return shown if len(shown) <= length else shown[:length] + UNICODE.more


# --- what it is about


def head(execution: Execution) -> Iterator[str]:
    """The beginning, up to the title. Nothing may be loaded and nothing run: only our own style counts."""
    style = files("flowrun.sinks").joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    name, state = text(f"{execution.namespace}.{execution.flow_id}"), execution.current
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}" />\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
    yield f"<title>{name} {state.value}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    yield f'<h1>{name} <span class="{state.value}">{symbol(state, UNICODE)} {state.value}</span></h1>\n'


def about(execution: Execution, zone: tzinfo | None) -> Iterator[str]:
    """Which execution it is, and when it was."""
    state = execution.state
    virtual = " (virtual time: the dates are not real)" if execution.virtual_time else ""
    yield "<dl>\n"
    yield entry("Execution", execution.id)
    yield entry("Namespace", execution.namespace)
    yield entry("Flow", f"{execution.flow_id}, revision {execution.flow_revision}")
    yield entry("Started", moment(state.start, zone) + virtual)
    yield entry("Ended", moment(state.end, zone) if state.end else "not yet when this was written")
    yield entry("Duration", for_people(lasted(execution)))
    if own := [f"{key}={value}" for key, value in execution.labels.items() if not key.startswith("system.")]:
        yield entry("Labels", ", ".join(own))
    if execution.trigger and isinstance(parent := execution.trigger.get("executionId"), str):
        yield entry("Started by", parent)
    yield "</dl>\n"


def entry(name: str, value: str) -> str:
    """A line of a list of names and values."""
    return f"<dt>{text(name)}</dt><dd>{text(value)}</dd>\n"


def moment(at: datetime, zone: tzinfo | None) -> str:
    """`2026-01-31 10:00:00 +01:00`."""
    return at.astimezone(zone).isoformat(" ", "seconds").replace("+", " +")


def failed_at(failure: Failure | None, execution: Execution, origin: Origin) -> Iterator[str]:
    """What ended the flow."""
    if failure is None:
        return
    where = ""
    if failure.task_run:
        name = text(name_in_loop(failure.task_run, execution, UNICODE.more))
        where = f" at <b>{name}</b> <code>{text(origin.place(failure.task_run.task_id))}</code>"
    yield f'<div class="notice failed">Failed{where}<pre>{text(failure.message)}</pre></div>\n'


def values(title: str, named: Mapping[str, Any]) -> Iterator[str]:
    """Inputs or outputs."""
    if named:
        yield f"<h2>{title}</h2>\n{list_of_values(named, VALUE_LENGTH)}"


def list_of_values(named: Mapping[str, Any], length: int) -> str:
    """Names and their values."""
    shown = (f"<dt>{text(name)}</dt><dd><pre>{text(whole(value, length))}</pre></dd>" for name, value in named.items())
    return f"<dl>{''.join(shown)}</dl>\n"


# --- the task runs


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a bar; `kind` is a state, or `wait`."""

    kind: str
    start: datetime
    end: datetime


class Rows:
    """The task tree and, beside it, when each task run was at work. Behind each row stands what there is to know of it."""

    def __init__(self, execution: Execution, origin: Origin, zone: tzinfo | None) -> None:
        self.execution = execution
        self.conditions = origin.conditions
        self.zone = zone
        self.begun = execution.start
        last = max((one.state.histories[-1][1] for one in execution.task_runs.values()), default=self.begun)
        self.lasted = max(execution.state.histories[-1][1], last) - self.begun
        self.members_left = MEMBERS

    def section(self) -> Iterator[str]:
        """All rows, or as many as fit."""
        found = rows(self.execution, UNICODE)
        first = next(found, None)
        if first is None:
            return
        yield '<h2>Task runs</h2>\n<div class="rows">\n<div class="row head"><span></span><span></span><span></span>'
        yield f'<span class="scale"><span>0</span><span>{for_people(self.lasted)}</span></span></div>\n'
        for row in islice(chain([first], found), ROWS):
            yield self.row(row)
        if left := sum(len(row.runs) for row in found):
            yield f'<p class="faint">… {left:,} more task runs are not shown</p>\n'
        yield "</div>\n"

    def row(self, row: Row) -> str:
        """A row, with what is inside it if there is anything."""
        line = self.line(row)
        inside = self.members(row) if row.count else self.inside(row.runs[0])
        kind = "members" if row.count else "inside"
        return f'<details><summary>{line}</summary><div class="{kind}">{inside}</div></details>\n'

    def line(self, row: Row) -> str:
        """Name, state, duration and bar."""
        state = row.state.value
        name = f"{symbol(row.state, UNICODE)} {full_name(row, UNICODE)}"
        took = "" if row.took is None else for_people(row.took)
        marked = f' <span class="faint">{found}</span>' if (found := mark(row, self.execution)) else ""
        return (
            f'<span class="name"><span class="faint">{row.guide}</span>{text(name)}{marked}</span>'
            f'<span class="{state}">{state}</span><span class="took">{took}</span>{self.bar(row)}'
        )

    def bar(self, row: Row) -> str:
        """The time from the first start to the last end, what was work of it in colour."""
        spans = [Bar("wait", row.start, row.last), *self.work(row)]
        began = for_people(max(row.start - self.begun, timedelta()))  # what was copied began before all
        return (
            f'<svg class="bar" viewBox="0 0 {SCALE} 12" preserveAspectRatio="none" role="img">'
            f"<title>after {began}, for {for_people(row.last - row.start)}</title>"
            f"{''.join(self.rectangle(one) for one in spans)}</svg>"
        )

    def work(self, row: Row) -> Iterator[Bar]:
        """The attempts of a task run; the whole time where it has none, or where the row stands for many."""
        task_run = row.runs[0]
        if row.count or not task_run.attempts:
            yield Bar(row.state.value, row.start, row.last)
            return
        for attempt in task_run.attempts[-ATTEMPTS:]:
            yield Bar(attempt.state.current.value, attempt.state.start, self.end_of(attempt.state.end, task_run))

    def end_of(self, end: datetime | None, task_run: TaskRun) -> datetime:
        """When an attempt ended; for one that did not, as far as its task run came."""
        return end or task_run.state.histories[-1][1]

    def rectangle(self, bar: Bar) -> str:
        """A stretch in its place; too short ones are drawn as thin lines."""
        x, end = self.place(bar.start), self.place(bar.end)
        high, y = (4, 4) if bar.kind == "wait" else (12, 0)
        return f'<rect class="{bar.kind}" x="{min(x, SCALE - 2):.1f}" y="{y}" width="{max(end - x, 2):.1f}" height="{high}" />'

    def place(self, at: datetime) -> float:
        """A moment as units of a bar."""
        return SCALE * max(0.0, (at - self.begun) / self.lasted) if self.lasted > timedelta() else 0.0

    def members(self, row: Row) -> str:
        """The first of those that a row stands for."""
        shown = row.runs[: min(MEMBERS_OF_A_ROW, self.members_left)]
        self.members_left -= len(shown)
        lines = "".join(self.row(Row([one])) for one in shown)
        left = len(row.runs) - len(shown)
        return lines + (f'<p class="faint">… {left:,} more are not shown</p>' if left else "")

    def inside(self, task_run: TaskRun) -> str:
        """What there is to know of a task run."""
        about = [entry("Task run", task_run.id), entry("Started", moment(task_run.state.start, self.zone))]
        if task_run.value is not None:
            about.append(entry("Value in the loop", whole(task_run.value, VALUE_OF_A_ROW)))
        if task_run.current is StateType.SKIPPED and task_run.task_id in self.conditions:
            about.append(entry("runIf", self.conditions[task_run.task_id]))
        outputs = list_of_values(task_run.outputs, VALUE_OF_A_ROW) if task_run.outputs else ""
        titled = f'<p class="faint">Outputs</p>{outputs}' if outputs else ""
        return f"<dl>{''.join(about)}</dl>{self.attempts(task_run)}{titled}"

    def attempts(self, task_run: TaskRun) -> str:
        """A table of the attempts, when there were several; the newest of very many."""
        tries = list(enumerate(task_run.attempts, 1))
        if len(tries) < 2:
            return ""
        lines = (
            f'<tr><td>attempt {number}</td><td class="{one.state.current.value}">{one.state.current.value}</td>'
            f"<td>{clock(one.state.start, self.zone)}</td><td>{for_people(one.state.duration)}</td></tr>"
            for number, one in tries[-ATTEMPTS:]
        )
        return f"<table>{''.join(lines)}</table>"


# --- the log and the source


def log_section(log: BoundedLog, zone: tzinfo | None) -> Iterator[str]:
    """The log, with a choice of levels that needs no script."""
    if not log.count:
        return
    yield "<h2>Log</h2>\n<div>\n"
    for level in LogLevel:
        checked = ' checked="checked"' if level is LogLevel.INFO else ""
        yield f'<input type="radio" name="level" id="from-{level.value}"{checked} />'
        yield f'<label for="from-{level.value}">{level.value}</label>\n'
    yield '<ol class="log">\n'
    yield from log_lines(log.first, zone)
    yield from log_lines(log.between, zone)
    if log.left_out:
        yield f'<li class="gap">… {log.left_out:,} lines are not shown</li>\n'
    yield from log_lines(log.last, zone)
    yield "</ol>\n</div>\n"


def log_lines(entries: Iterable[LogEntry], zone: tzinfo | None) -> Iterator[str]:
    """Lines of the log."""
    for one in entries:
        yield (
            f'<li class="{one.level.value}"><span class="faint">{clock(one.at, zone)}</span><span>{one.level.value}</span>'
            f'<span class="task">{text(one.task_id or "-")}</span><span class="message">{text(one.message)}</span></li>\n'
        )


def source_section(source: str, file: str, failed_line: int | None) -> Iterator[str]:
    """The text of the flow; the line of what failed is marked."""
    if not source:
        return
    yield f'<h2>Flow</h2>\n<details><summary>{text(file) or "source"}</summary>\n<pre class="source">'
    for number, line in enumerate(source[:SOURCE_LENGTH].rstrip("\n").split("\n"), 1):
        shown = f"<mark>{text(line)}</mark>" if number == failed_line else text(line)
        yield f'<span class="number">{number}</span>  {shown}\n'
    yield "</pre>\n" + ("<p>… the rest is not shown</p>\n" if len(source) > SOURCE_LENGTH else "") + "</details>\n"
