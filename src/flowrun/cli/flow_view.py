"""`flowrun show FLOW` for people: head, inputs, task tree, outputs and triggers as lines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.cli.flow_document import (
    TASK_LISTS,
    Branch,
    Member,
    as_document,
    branches,
    is_secret,
    set_properties,
    task_properties,
)
from flowrun.cli.inputs import declared_inputs, variable_name
from flowrun.loading.needs import NeedKind
from flowrun.loading.plan import camel_case
from flowrun.model.durations import format_duration
from flowrun.model.flow import ConcurrencyBehavior
from flowrun.model.inputs import MultiselectInput
from flowrun.model.log import MASK
from flowrun.model.retry import ConstantRetry, ExponentialRetry, RandomRetry, Retry, RetryBehavior
from flowrun.sinks.lines import Line, Piece
from flowrun.sinks.summary import named_values, short
from flowrun.triggers.dates import DatesUnknown, next_dates, unread_dates
from flowrun.triggers.flow import FlowTrigger
from flowrun.triggers.schedule import Schedule
from flowrun.triggers.schedule_on_dates import ScheduleOnDates
from flowrun.triggers.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from flowrun.loading.needs import Need
    from flowrun.model.flow import Concurrency, Flow, Output
    from flowrun.model.inputs import Input
    from flowrun.model.task import Task
    from flowrun.model.trigger import Trigger
    from flowrun.sinks.lines import Symbols

    Brief = Callable[[Any], str]
    """Puts a value on one line, cut where it gets long."""

NOTE_LENGTH = 60
ABOUT_LENGTH = 120
NAME_WIDTH = 32
"""A longer name pushes what stands beside it, so that one of them does not move all others."""

LIMITS = {"item_type", "validator", "min", "max", "after", "before", "extension", "allowed_file_extensions"}
THE_FURTHER_ONE = {
    ConcurrencyBehavior.QUEUE: "is queued",
    ConcurrencyBehavior.CANCEL: "is cancelled",
    ConcurrencyBehavior.FAIL: "fails",
}
NEEDED = {
    NeedKind.SUBFLOW: "sub-flow",
    NeedKind.SECRET: "secret",
    NeedKind.KV: "kv key",
    NeedKind.FILE: "file",
    NeedKind.ENV: "variable",
    NeedKind.HOST: "host",
}
USES_SHOWN = 3
SOURCES = "taken from --input ID=VALUE, else --inputs-file, FLOWRUN_INPUT_<ID>, an answer on the terminal, the default"
MACHINE_ZONE = "in this machine's time zone"
DISABLED_FLOW = "none of them starts a disabled flow"


class Row(NamedTuple):
    """An input, task, output or trigger; without `kind`, a branch. `more`: lines that stand below it."""

    guide: str
    name: str
    kind: str = ""
    notes: Iterable[str] = ()
    more: Iterable[str] = ()


class Section(NamedTuple):
    """A part of what is shown; `note`: a line at its end."""

    title: str
    rows: Sequence[Row]
    note: str = ""


def flow_lines(
    flow: Flow,
    now: datetime,
    symbols: Symbols,
    zone: tzinfo | None = None,
    *,
    needs: Iterable[Need] = (),
    narrow: bool = False,
) -> list[Line]:
    """The whole flow. `zone`: that of triggers without `timezone`; None is the machine's. `narrow`: no columns."""
    brief = partial(short, length=NOTE_LENGTH, more=symbols.more)
    sections = [
        Section("inputs", [input_row(one, brief) for one in declared_inputs(flow).values()], SOURCES),
        *(Section(camel_case(name), task_rows(getattr(flow, name) or (), symbols, brief)) for name in TASK_LISTS),
        Section("outputs", [output_row(one, brief) for one in flow.outputs or ()]),
        Section("triggers", trigger_rows(flow, now, zone, brief), DISABLED_FLOW if flow.disabled else ""),
        Section("needs", [need_row(one, brief) for one in needs]),
    ]
    shown = (line for one in sections if one.rows for line in section_lines(one, narrow=narrow))
    return [*head(flow, symbols), *shown]


def head(flow: Flow, symbols: Symbols) -> list[Line]:
    """Which flow, and what holds for the whole of it."""
    first: Line = (
        Piece(f"{flow.namespace}.", "dim"),
        Piece(flow.id, "bold"),
        Piece(f"  revision {flow.revision}" if flow.revision else "", "dim"),
        Piece("  disabled" if flow.disabled else "", "WARN"),
    )
    about = short(first_line(flow.description), ABOUT_LENGTH, symbols.more)
    values = {
        "labels": ", ".join(f"{key}={value}" for key, value in flow.labels.items()),
        "concurrency": concurrency_text(flow.concurrency) if flow.concurrency else "",
        "retry": retry_text(flow.retry) if flow.retry else "",
        "sla": ", ".join(one.id for one in flow.sla or ()),
    }
    said = {name: text for name, text in values.items() if text}
    return [first, *([(Piece(f"  {about}"),)] if about else []), *named_values(said, ABOUT_LENGTH, symbols)]


def first_line(text: str | None) -> str:
    """The first line of a description."""
    return (text or "").strip().partition("\n")[0]


def concurrency_text(concurrency: Concurrency) -> str:
    """`at most 2 at a time, a further one is queued`."""
    return f"at most {concurrency.limit} at a time, a further one {THE_FURTHER_ONE[concurrency.behavior]}"


def retry_text(retry: Retry) -> str:
    """`3 attempts PT5S apart`."""
    words = [
        f"{retry.max_attempts} attempts" if retry.max_attempts else "",
        f"{wait_text(retry)} apart",
        f"within {format_duration(retry.max_duration)}" if retry.max_duration else "",
        "as new executions" if retry.behavior is RetryBehavior.CREATE_NEW_EXECUTION else "",
    ]
    return " ".join(filter(None, words))


def wait_text(retry: Retry) -> str:
    """The wait between two attempts, or its bounds."""
    match retry:
        case ConstantRetry():
            waits = [retry.interval]
        case ExponentialRetry():
            waits = [retry.interval, retry.max_interval]
        case RandomRetry():
            waits = [retry.min_interval, retry.max_interval]
        case _:
            waits = []
    return " to ".join(map(format_duration, waits))


# --- sections


def section_lines(section: Section, *, narrow: bool) -> list[Line]:
    """An empty line, the title, the rows with their names and types in columns, the note."""
    rows = [] if narrow else section.rows
    names = min(NAME_WIDTH, max((len(row.guide + row.name) for row in rows if row.kind), default=0))
    kinds = max((len(row.kind) for row in rows), default=0)
    lines: list[Line] = [(), (Piece(section.title, "bold"),)]
    for row in section.rows:
        lines.append(row_line(row, names, kinds))
        lines += [(Piece(f"    {text}", "dim"),) for text in row.more]
    return [*lines, (Piece(f"  {section.note}", "dim"),)] if section.note else lines


def row_line(row: Row, names: int, kinds: int) -> Line:
    """`├─ greet  Log  timeout: PT5S`. `names`, `kinds`: the widths of the first columns."""
    guide = Piece(f"  {row.guide}", "dim")
    if not row.kind:
        return (guide, Piece(row.name, "dim"))
    return (
        guide,
        Piece(row.name.ljust(names - len(row.guide)), "name"),
        Piece(f"  {row.kind:<{kinds}}", "dim"),
        Piece(f"  {', '.join(filter(None, row.notes))}"),
    )


def about_lines(one: Input | Output, brief: Brief) -> list[str]:
    """What an input or output is called and for."""
    about = ": ".join(filter(None, (one.display_name, first_line(one.description))))
    return [brief(about)] if about else []


# --- inputs and outputs


def input_row(one: Input, brief: Brief) -> Row:
    """An input: what happens without it, what it may be, when it counts."""
    limits = [f"{name}: {brief(as_document(value))}" for name, value in set_properties(one, LIMITS).items()]
    notes = [presence(one, brief), choices(one, brief), *limits, *dependency(one, brief)]
    return Row("", one.id, one.type, notes, ["  ".join([variable_name(one.id), *about_lines(one, brief)])])


def presence(one: Input, brief: Brief) -> str:
    """What an input is when nobody gives it."""
    if one.defaults is not None:
        return f"default: {MASK if is_secret(one) else brief(one.defaults)}"
    if getattr(one, "auto_select_first", False):
        return "default: the first value"
    return "required" if one.required else "optional"


def choices(one: Input, brief: Brief) -> str:
    """The values to choose from; empty for inputs of other types."""
    values = getattr(one, "values", None) or getattr(one, "options", None)
    listed = ", ".join(values) if values else getattr(one, "expression", None)
    if not listed:
        return ""
    custom = " or another" if getattr(one, "allow_custom_value", False) else ""
    return f"{'some' if isinstance(one, MultiselectInput) else 'one'} of {brief(listed)}{custom}"


def dependency(one: Input, brief: Brief) -> Iterator[str]:
    """When an input counts at all."""
    if one.depends_on and one.depends_on.inputs:
        yield f"depends on {', '.join(one.depends_on.inputs)}"
    if one.depends_on and one.depends_on.condition:
        yield f"only if {brief(one.depends_on.condition)}"


def output_row(one: Output, brief: Brief) -> Row:
    """An output of the flow."""
    return Row("", one.id, one.type.value, [brief(one.value)], about_lines(one, brief))


# --- tasks


def task_rows(tasks: Iterable[Task], symbols: Symbols, brief: Brief) -> list[Row]:
    """One of the flow's lists of tasks as a tree. Its first level hangs on nothing."""
    rows: list[Row] = []
    for member in map(Member, tasks):
        rows += [task_row("", member, brief), *tree_rows(below(member), symbols, "", brief)]
    return rows


def below(node: Member | Branch) -> Sequence[Member | Branch]:
    """What hangs on a node of the tree: the tasks of a branch; those of a group, and its branches that have a label."""
    if isinstance(node, Branch):
        return node.members
    found: list[Member | Branch] = []
    for branch in branches(node.task):
        found += [branch] if branch.label else branch.members
    return found


def tree_rows(nodes: Sequence[Member | Branch], symbols: Symbols, indent: str, brief: Brief) -> Iterator[Row]:
    """Nodes that hang on the same one, each followed by what hangs on it."""
    for place, node in enumerate(nodes, 1):
        is_last = place == len(nodes)
        guide = indent + (symbols.last if is_last else symbols.branch)
        yield Row(guide, brief(node.label)) if isinstance(node, Branch) else task_row(guide, node, brief)
        yield from tree_rows(below(node), symbols, indent + ("   " if is_last else symbols.pipe), brief)


def task_row(guide: str, member: Member, brief: Brief) -> Row:
    """A task and what changes its course."""
    waits = [f"after {', '.join(member.after)}"] if member.after else []
    notes = [property_text(name, value, brief) for name, value in task_properties(member.task).items()]
    return Row(guide, member.task.id, brief(short_type(member.task.type)), waits + notes)


def property_text(name: str, value: Any, brief: Brief) -> str:
    """`disabled`, or `timeout: PT5S`."""
    if value is True:
        return name
    return f"{name}: {retry_text(value) if isinstance(value, Retry) else brief(as_document(value))}"


def short_type(name: str) -> str:
    """`Log` for `io.kestra.plugin.core.log.Log`."""
    return name.rpartition(".")[2] or name


# --- triggers


def trigger_rows(flow: Flow, now: datetime, zone: tzinfo | None, brief: Brief) -> list[Row]:
    """The triggers and their next dates; none of those that are off."""
    rows = []
    for one in flow.triggers or ():
        dates = [] if one.disabled or flow.disabled else date_texts(one, now, zone)
        conditions = one.conditions or getattr(one, "schedule_conditions", None)
        notes = [
            "disabled" if one.disabled else "",
            *map(brief, occasion(one)),
            f"if its conditions hold: {', '.join(short_type(each.type) for each in conditions)}" if conditions else "",
        ]
        rows.append(Row("", one.id, brief(short_type(one.type)), notes, list(map(brief, dates))))
    return rows


def occasion(trigger: Trigger) -> Iterator[str]:
    """What a trigger waits for; nothing is known of those of plugins."""
    match trigger:
        case Schedule():
            yield trigger.cron
            yield trigger.timezone or MACHINE_ZONE
        case ScheduleOnDates():
            yield trigger.timezone or MACHINE_ZONE
        case Webhook():
            yield "when its URL is called"
        case FlowTrigger():
            yield f"when {upstream(trigger)} {'is ' + ' or '.join(trigger.states) if trigger.states else 'ends'}"


def upstream(trigger: FlowTrigger) -> str:
    """Whose executions a Flow trigger waits for."""
    flows = (trigger.preconditions and trigger.preconditions.flows) or ()
    names = [f"{one.namespace}.{one.flow_id or '*'}" for one in flows]
    return f"each of {', '.join(names)}" if names else "another execution"


def date_texts(trigger: Trigger, now: datetime, zone: tzinfo | None) -> list[str]:
    """The next dates of a trigger, or why there are none; nothing for one that waits for something else."""
    try:
        dates = next_dates(trigger, now, zone=zone)
    except DatesUnknown as problem:
        return [f"no dates: {problem}"]
    precision = "seconds" if any(date.second for date in dates) else "minutes"
    texts = [f"{date:%a} {date.isoformat(' ', precision)}" for date in dates]
    if isinstance(trigger, ScheduleOnDates):
        unread = (text if "{{" in text else f"{text}: no date-time with an offset" for text in unread_dates(trigger))
        return [*texts, *unread] or ["no dates: all have passed"]
    return texts or (["no dates: there is no such day"] if isinstance(trigger, Schedule) else [])


# --- needs


def need_row(need: Need, brief: Brief) -> Row:
    """Something that the flow needs from outside, and where: beside it, or below it where there are several places."""
    places = [place_text(path, line, brief) for path, line, _ in need.places[:USES_SHOWN]]
    further = len(need.places) - len(places)
    name, kind = brief(need_name(need)), NEEDED[need.kind]
    if len(need.places) == 1:
        return Row("", name, kind, places)
    return Row("", name, kind, more=[*places, *([f"and in {further} more places"] if further else [])])


def need_name(need: Need) -> str:
    """`company.team.child`, `API_KEY`, `API_KEY of company.team`, or that it is computed."""
    if need.name is None:
        return "computed"
    if need.namespace is None:
        return need.name
    return f"{need.namespace}.{need.name}" if need.kind is NeedKind.SUBFLOW else f"{need.name} of {need.namespace}"


def place_text(path: str, line: int, brief: Brief) -> str:
    """`in tasks[3].format (line 12)`."""
    return f"in {brief(path)} (line {line})"
