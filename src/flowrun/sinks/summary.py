"""What is shown before and after a run: the head, the task tree, the outputs, the result line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flowrun.model.execution import ENCRYPTED
from flowrun.model.log import MASK
from flowrun.sinks.lines import UNICODE, Line, Piece, Symbols, for_people, printable, symbol
from flowrun.sinks.values import json_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.state import StateType

FOLD_ABOVE = 50
"""Longer rows of siblings in one state are folded to their first and last ones."""

SHOWN_AT_EACH_END = 20
NOTE_LENGTH = 120
OUTPUT_LENGTH = 4000
NAME_WIDTH = 40

ROUND_A_NAME = 6
"""Columns that a row needs beside its name, state and duration: the symbol and the gaps."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task run of the tree, or what stands for many (`state` and `took` belong to all of them)."""

    guide: str
    name: str
    state: StateType
    took: str = ""
    note: str = ""
    folded: int = 0


def head(execution: Execution, symbols: Symbols) -> list[Line]:
    """Which flow, which execution, with which inputs."""
    virtual = (Piece("  virtual time", "dim"),) if execution.virtual_time else ()
    first: Line = (
        Piece(f"{symbols.start} ", "start"),
        Piece(f"{execution.namespace}.", "dim"),
        Piece(execution.flow_id, "bold"),
        Piece(f"@{execution.flow_revision}" if execution.flow_revision > 1 else "", "dim"),
        Piece(f"  {execution.id}", "dim"),
        *virtual,
    )
    return [first, *named_values(execution.inputs, NOTE_LENGTH, symbols)]


def named_values(values: Mapping[str, Any], length: int, symbols: Symbols) -> list[Line]:
    """Inputs or outputs, one a line; each cut where it gets longer than `length`."""
    return [
        (Piece(f"  {name}", "name"), Piece(": ", "dim"), Piece(short(hidden(value), length, symbols.more)))
        for name, value in values.items()
    ]


def hidden(value: Any) -> Any:
    """An encrypted value as people see it: not at all."""
    return MASK if isinstance(value, dict) and value.get("type") == ENCRYPTED else value


def tail(execution: Execution, symbols: Symbols, *, narrow: bool = False) -> list[Line]:
    """The outputs of the flow, then the result."""
    outputs: list[Line] = [(Piece("outputs", "bold"),), *named_values(execution.outputs, OUTPUT_LENGTH, symbols), ()]
    return (outputs if execution.outputs else []) + [result(execution, symbols, narrow=narrow)]


def result(execution: Execution, symbols: Symbols, *, narrow: bool) -> Line:
    """State, total time, execution id; the flow's id too where there is room for it."""
    state = execution.current
    return (
        Piece(f"{symbol(state, symbols)} {state.value}", f"{state.value} result"),
        Piece("" if narrow else f"  {execution.flow_id}", "bold"),
        Piece(f"  {for_people(execution.state.duration)}"),
        Piece(f"  {execution.id}", "dim"),
    )


def tree(execution: Execution, symbols: Symbols, width: int | None = None) -> list[tuple[Line, str]]:
    """A line for each task run, with its note apart: whoever draws knows how much room is left for it.

    With a `width`, names are cut so that states and durations fit beside them.
    """
    children: dict[str | None, list[TaskRun]] = {}
    for task_run in execution.task_runs.values():
        children.setdefault(task_run.parent_id, []).append(task_run)
    rows = list(rows_below(None, children, symbols, ""))
    names = max((len(row.guide + row.name) for row in rows), default=0)
    states = max((len(row.state.value) for row in rows), default=0)
    times = max((len(row.took) for row in rows), default=0)
    room = NAME_WIDTH if width is None else min(NAME_WIDTH, width - states - times - ROUND_A_NAME)
    return [(draw_row(row, symbols, (min(names, room), states, times)), row.note) for row in rows]


def draw_row(row: Row, symbols: Symbols, columns: tuple[int, int, int]) -> Line:
    """`✓ greet   SUCCESS   2 ms`. `columns`: the widths of name (with its guide), state and duration."""
    names, states, times = columns
    if row.folded:
        return (
            Piece(row.guide, "dim"),
            Piece(f"{symbols.more} {row.folded} more  ", "dim"),
            Piece(f"{symbol(row.state, symbols)} {row.state.value}", row.state.value),
        )
    return (
        Piece(row.guide, "dim"),
        Piece(f"{symbol(row.state, symbols)} ", row.state.value),
        Piece(short_text(row.name, max(1, names - len(row.guide)), symbols.more).ljust(names - len(row.guide))),
        Piece(f"  {row.state.value:<{states}}", row.state.value),
        Piece(f"  {row.took:>{times}}", "dim"),
    )


def rows_below(
    parent: str | None, children: Mapping[str | None, Sequence[TaskRun]], symbols: Symbols, indent: str
) -> Iterator[Row]:
    """The rows of one list of siblings, each followed by those below it; depth is bounded by that of the flow."""
    siblings = children.get(parent, ())
    last = siblings[-1] if siblings else None
    for one in folded(siblings):
        if isinstance(one, tuple):
            yield Row(guide_of(symbols, indent, parent, last=False), "", one[0], folded=one[1])
            continue
        is_last = one is last
        yield row_of(one, guide_of(symbols, indent, parent, last=is_last), symbols.more)
        below = indent + ("" if parent is None else "   " if is_last else symbols.pipe)
        yield from rows_below(one.id, children, symbols, below)


def guide_of(symbols: Symbols, indent: str, parent: str | None, *, last: bool) -> str:
    """What stands left of a row; the tasks of the flow itself hang on nothing."""
    return "" if parent is None else indent + (symbols.last if last else symbols.branch)


def folded(siblings: Sequence[TaskRun]) -> Iterator[TaskRun | tuple[StateType, int]]:
    """The siblings, with the middle of each long row in one state as its state and number."""
    for state, same in groupby(siblings, lambda one: one.current):
        row = list(same)
        if len(row) <= FOLD_ABOVE:
            yield from row
            continue
        yield from row[:SHOWN_AT_EACH_END]
        yield state, len(row) - 2 * SHOWN_AT_EACH_END
        yield from row[-SHOWN_AT_EACH_END:]


def row_of(task_run: TaskRun, guide: str, more: str) -> Row:
    """The row of one task run."""
    name = task_run.task_id if task_run.value is None else f"{task_run.task_id} [{short(task_run.value, 20, more)}]"
    return Row(guide, name, task_run.current, took(task_run), note(task_run, more))


def took(task_run: TaskRun) -> str:
    """How long it took; nothing for what never ran."""
    duration: timedelta = task_run.state.duration
    return for_people(duration) if task_run.state.end else ""


def note(task_run: TaskRun, more: str) -> str:
    """How many tries it took, and its outputs, in short."""
    tries = [f"{len(task_run.attempts)} attempts"] if len(task_run.attempts) > 1 else []
    outputs = [f"{name}: {short(value, NOTE_LENGTH, more)}" for name, value in (task_run.outputs or {}).items()]
    return short_text(", ".join(tries + outputs), NOTE_LENGTH, more)


def short(value: Any, length: int = NOTE_LENGTH, more: str = UNICODE.more) -> str:
    """A value on one line; what is too long ends with `more`."""
    ready = json_ready(value)
    return short_text(ready if isinstance(ready, str) else json.dumps(ready, ensure_ascii=False), length, more)


def short_text(text: str, length: int, more: str) -> str:
    """A text on one line: line ends become blanks. What is too long ends with `more`."""
    line = printable(" ".join(text[: 2 * length].split()))
    if len(line) <= length and len(text) <= 2 * length:
        return line
    return line[: max(0, length - len(more))] + more
