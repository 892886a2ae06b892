"""`flowrun history`: what was run, newest first; `history report`: a page of one run; `history prune`: throw away what is old."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from flowrun.app import kept
from flowrun.cli import inputs as raw_inputs
from flowrun.cli.display import Display, stored_origin, text_sink
from flowrun.cli.look import ColorChoice, look_of
from flowrun.cli.options import Ascii, Color, ExecutionId, Format, Last, RunOutput, TextOrJson, execution_wanted
from flowrun.cli.report import check_report, refuse, report_sink, write_out, writing_to
from flowrun.cli.times import ago, moment
from flowrun.diagnostics import did_you_mean
from flowrun.errors import ExitCode, UsageError
from flowrun.loading.source import Source
from flowrun.model.durations import format_duration
from flowrun.model.events import ExecutionCreated, LogWritten
from flowrun.model.log import LogLevel
from flowrun.model.state import StateType
from flowrun.sinks.json_document import without_nulls
from flowrun.sinks.lines import Line, Piece, Symbols, for_people, plain, symbol
from flowrun.sinks.summary import not_real
from flowrun.sinks.values import instant
from flowrun.store.history import INTERRUPTED, Brief, Filter

LIMIT = 20

LONGEST_GUIDE = 24
"""Columns of the guides of a tree, three for each level: calls may be nested a hundred deep."""

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
def history(
    context: typer.Context,
    *,
    flow: Annotated[
        str | None,
        typer.Option("--flow", envvar="FLOWRUN_FLOW", metavar="ID", help="Of this flow: its id, or namespace.id."),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            envvar="FLOWRUN_STATE",
            metavar="STATE",
            show_default=False,
            help="In this state, or INTERRUPTED; repeatable.",
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            "-l",
            envvar="FLOWRUN_LABEL",
            metavar="KEY=VALUE",
            show_default=False,
            help="With this label; repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            envvar="FLOWRUN_SINCE",
            metavar="WHEN",
            help="Begun then or later: 2h, 3d, 2026-01-31, 2026-01-31T08:00.",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", envvar="FLOWRUN_UNTIL", metavar="WHEN", help="Begun before.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", envvar="FLOWRUN_LIMIT", min=0, help="How many at the most; 0: all.")
    ] = LIMIT,
    tree: Annotated[
        bool, typer.Option("--tree", envvar="FLOWRUN_TREE", help="What an execution started, below it.")
    ] = False,
    format: Format = TextOrJson.TEXT,  # noqa: A002
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
) -> int:
    """List what was run, newest first."""
    if context.invoked_subcommand is not None:
        return ExitCode.SUCCESS
    wanted = Filter(
        flow=flow,
        states=tuple(known_state(one) for one in state or ()),
        labels=dict(raw_inputs.split_pair(pair, "--label") for pair in label or ()),
        since=moment(since, "--since"),
        until=moment(until, "--until"),
    )
    as_tree = tree and format is TextOrJson.TEXT
    found = kept.history(wanted, None if as_tree else limit or None)
    if format is TextOrJson.JSON:
        sys.stdout.write(document(found))
        return ExitCode.SUCCESS
    sink = text_sink(sys.stdout, Display(RunOutput.TEXT, color, ascii, LogLevel.INFO, quiet=False), 0)
    branches = grown(found, sink.symbols, limit) if as_tree else [Branch(one) for one in found]
    look = look_of(sys.stdout, color, ascii_only=ascii)
    sink.write_lines(table(branches, sink.symbols, look.width if look.terminal else None))
    if not found:
        sys.stderr.write("no execution fits\n" if wanted != Filter(labels={}) else "no run was kept yet\n")
    elif sum(not one.guide for one in branches) == limit:
        sys.stderr.write(f"the newest {limit}; --limit 0 shows all\n")
    return ExitCode.SUCCESS


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def prune(
    *,
    keep: Annotated[
        str,
        typer.Option(
            "--keep",
            envvar="FLOWRUN_KEEP",
            metavar="PERIOD",
            show_default=False,
            help="How long to keep a run: 30d, 12h, P1W.",
        ),
    ],
) -> int:
    """Delete executions that ended longer ago than PERIOD, with their logs. What runs or waits is kept."""
    deleted = kept.prune(ago(keep, "--keep"))
    sys.stdout.write(f"deleted {deleted} {'execution' if deleted == 1 else 'executions'}\n")
    return ExitCode.SUCCESS


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def report(
    execution: ExecutionId = None,
    *,
    last: Last = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", envvar="FLOWRUN_OUT", metavar="FILE", show_default="ID.html", help="Where to; - for stdout."
        ),
    ] = None,
) -> int:
    """Write an HTML page of an execution, as `run --report` does."""
    stored, logs = kept.read_execution(execution_wanted(execution, last=last))
    file = out or Path(f"{stored.execution.id}.html")
    to_stdout = file == Path("-")
    if not to_stdout:
        check_report(file, "--out")
    source = Source(stored.source, stored.source_name)
    sink = report_sink(write_out if to_stdout else writing_to(file, refuse), source, stored_origin(source))
    sink.handle(ExecutionCreated(stored.execution.start, stored.execution))
    for entry in logs:
        sink.handle(LogWritten(entry))
    sink.close()
    if not to_stdout:
        sys.stdout.write(f"wrote {file}\n")
    return ExitCode.SUCCESS


def known_state(text: str) -> str:
    """A state that an execution may be in. Raises `UsageError`."""
    known = [*(one.value for one in StateType), INTERRUPTED]
    if text.upper() not in known:
        raise UsageError(f"--state: there is no state `{text}`", hint=did_you_mean(text.upper(), known))
    return text.upper()


@dataclass(frozen=True, slots=True)
class Branch:
    """An execution in its place: `guide` is what is drawn left of it, nothing for what none of the others started."""

    brief: Brief
    guide: str = ""


def grown(found: Sequence[Brief], symbols: Symbols, limit: int) -> list[Branch]:
    """What was found, newest first, as a tree: below each execution those that it started, in their order.

    `limit`: how many trees at the most; 0 is all. An execution whose parent was not found begins a tree.
    """
    by_id = {one.id: one for one in found}
    roots = [one for one in found if one.parent_id not in by_id]
    children: dict[str | None, list[Brief]] = {}
    # Not in the order of the store: a short run is stored before the one that called it.
    for one in sorted(found, key=lambda brief: brief.started_at, reverse=True):
        if one.parent_id in by_id:
            children.setdefault(one.parent_id, []).append(one)
    trees = [list(tree_of(one, children, symbols)) for one in roots]
    placed = {branch.brief.id for tree in trees for branch in tree}
    trees += [[Branch(one)] for one in found if one.id not in placed]  # parents in a circle make no tree
    return [branch for tree in trees[: limit or None] for branch in tree]


def tree_of(root: Brief, children: Mapping[str | None, Sequence[Brief]], symbols: Symbols) -> Iterator[Branch]:
    """An execution and all below it. `children`: those that each one started, newest first."""
    open_branches = [(Branch(root), "")]
    while open_branches:  # calls may be nested deeper than Python's own
        branch, indent = open_branches.pop()
        yield branch
        for place, child in enumerate(children.get(branch.brief.id, ())):  # the first is drawn last
            guide, below = (symbols.branch, symbols.pipe) if place else (symbols.last, "   ")
            drawn = shown_guide(indent + guide, symbols)
            open_branches.append((Branch(child, drawn), shown_guide(indent + below, symbols)))


def shown_guide(guide: str, symbols: Symbols) -> str:
    """What is drawn of a guide: of a deep one the end."""
    return guide if len(guide) <= LONGEST_GUIDE else f"{symbols.more:<3}{guide[3 - LONGEST_GUIDE :]}"


def table(found: Sequence[Branch], symbols: Symbols, width: int | None = None) -> list[Line]:
    """A line for each execution: state, flow, start, duration, id, labels. `width`: where that is too wide, two lines for each."""
    states = max((len(one.guide + one.brief.shown_state) for one in found), default=0)
    flows = max((len(flow_of(one.brief)) for one in found), default=0)
    rows = [(who(one, symbols, states, flows), when(one.brief), more(one.brief)) for one in found]
    if width is not None and any(len(plain((*left, *middle))) > width for left, middle, _ in rows):
        return [line for left, middle, right in rows for line in (left, (Piece("    "), *middle, *right))]
    return [(*left, *middle, *right) for left, middle, right in rows]


def who(branch: Branch, symbols: Symbols, states: int, flows: int) -> Line:
    """State, id and flow; `states` (with the guides) and `flows` are the widths of these columns."""
    one = branch.brief
    style = "KILLED" if one.interrupted else one.state.value
    mark = symbol(StateType.KILLED if one.interrupted else one.state, symbols)
    return (
        Piece(branch.guide, "dim"),
        Piece(f"{mark} {one.shown_state:<{states - len(branch.guide)}}  ", style),
        Piece(f"{one.id}  "),
        Piece(f"{flow_of(one):<{flows}}  ", "bold"),
    )


def when(one: Brief) -> Line:
    """Start and duration."""
    return Piece(f"{one.started_at.astimezone():%Y-%m-%d %H:%M:%S}  "), Piece(f"{duration_of(one):>8}  ", "dim")


def more(one: Brief) -> Line:
    """The labels, and what was not real."""
    own = [f"{key}={value}" for key, value in one.labels.items() if not key.startswith("system.")]
    planned = not_real(one.kinds, one.until)
    return Piece(" ".join(own), "dim"), Piece(f"  ({planned})" if planned else "", "WARNING")


def flow_of(one: Brief) -> str:
    return f"{one.namespace}.{one.flow_id}" + (f"@{one.flow_revision}" if one.flow_revision > 1 else "")


def duration_of(one: Brief) -> str:
    """How long it took; for one that runs, how long it has been running."""
    if one.ended_at is not None:
        return for_people(one.ended_at - one.started_at)
    return "" if one.interrupted else for_people(max(datetime.now(UTC) - one.started_at, timedelta()))


def document(found: Sequence[Brief]) -> str:
    """`{"executions": […]}` (`docs/schemas/history.json`), a line for each."""
    lines = ",\n".join(json.dumps(brief_document(one), ensure_ascii=False) for one in found)
    return f'{{"executions": [\n{lines}\n]}}\n' if found else '{"executions": []}\n'


def brief_document(one: Brief) -> dict[str, Any]:
    """One execution of `docs/schemas/history.json`."""
    ended = one.ended_at
    state = {
        "current": one.state.value,
        "startDate": instant(one.started_at),
        "endDate": ended and instant(ended),
        "duration": ended and format_duration(ended - one.started_at),
    }
    return without_nulls(
        {
            "id": one.id,
            "namespace": one.namespace,
            "flowId": one.flow_id,
            "flowRevision": one.flow_revision,
            "state": without_nulls(state),
            "interrupted": one.interrupted or None,
            "labels": [{"key": key, "value": value} for key, value in one.labels.items()],
            "virtualTime": one.virtual_time or None,
            "parentId": one.parent_id,
            "planned": one.kinds or None,
            "until": one.until,
        }
    )
