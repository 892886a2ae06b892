"""What is shown before and after a run: the head, the task tree, the outputs, the result, what it failed at."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowrun.model.execution import ENCRYPTED
from flowrun.model.log import MASK
from flowrun.model.state import StateType
from flowrun.sinks.lines import UNICODE, Line, Piece, Symbols, for_people, printable, symbol
from flowrun.sinks.origin import failure_of
from flowrun.sinks.tree import loop_member, rows
from flowrun.sinks.values import json_ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.sinks.origin import Origin
    from flowrun.sinks.tree import Row


@dataclass(frozen=True, slots=True)
class FailedCall:
    """An execution that a task run called, and that failed: which one, and what a summary says of where."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered for the end. `errors`: the last ERROR line of each task run, under None that of the engine.

    `called`: of each task run the last execution that it called and that failed.
    """

    errors: dict[str | None, str] = field(default_factory=dict)
    called: dict[str, FailedCall] = field(default_factory=dict)


NOTE_LENGTH = 120
OUTPUT_LENGTH = 4000
MESSAGE_LENGTH = 300
NAME_WIDTH = 40
FAILED_LINES = 8

ROUND_A_NAME = 6
"""Columns that a row needs beside its name, state and duration: the symbol and the gaps."""


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
    """A value as people see it: what is encrypted not at all."""
    if not isinstance(value, dict):
        return value
    return MASK if value.get("type") == ENCRYPTED else {key: hidden(item) for key, item in value.items()}


def tail(execution: Execution, symbols: Symbols, failed: Sequence[Line] = (), *, narrow: bool = False) -> list[Line]:
    """The outputs of the flow, then the result, then what it failed at."""
    outputs: list[Line] = [(Piece("outputs", "bold"),), *named_values(execution.outputs, OUTPUT_LENGTH, symbols), ()]
    return [*(outputs if execution.outputs else []), result(execution, symbols, narrow=narrow), *failed]


def result(execution: Execution, symbols: Symbols, *, narrow: bool) -> Line:
    """State, total time, execution id; the flow's id too where there is room for it."""
    state = execution.current
    return (
        Piece(f"{symbol(state, symbols)} {state.value}", f"{state.value} result"),
        Piece("" if narrow else f"  {execution.flow_id}", "bold"),
        Piece(f"  {for_people(lasted(execution))}"),
        Piece(f"  {execution.id}", "dim"),
        *(Piece(f"  ({text})", "WARNING") for text in [not_real(execution.kinds, execution.until)] if text),
    )


def lasted(execution: Execution) -> timedelta:
    """How long an execution took; of one that has not ended, until what happened last: tasks go on while it is PAUSED."""
    if execution.current.is_terminal:
        return execution.state.duration
    states = [execution.state, *(one.state for one in execution.task_runs.values())]
    return max(state.histories[-1][1] for state in states) - execution.start


PLANNED = {"mock": "mock", "fail": "planned failure"}
"""What people are told of a task that did not run for real, by the kind of its plan."""


def not_real(kinds: Mapping[str, str], until: str | None) -> str:
    """`mock: deploy; planned failure: check; until: check`: what sets a run apart from a real one; empty for a real one."""
    named = {word: [task for task, one in kinds.items() if one == kind] for kind, word in PLANNED.items()}
    named["until"] = [until] if until else []
    return "; ".join(f"{word}: {', '.join(tasks)}" for word, tasks in named.items() if tasks)


def failure(
    execution: Execution,
    told: Told,
    origin: Origin,
    symbols: Symbols,
    *,
    narrow: bool = False,
    flow: str = "",
) -> list[Line]:
    """`failed at  greet  flows/hello.yaml:12  it is bad`; where it is narrow, in two lines. Empty for what did not fail.

    Below the line of a task that called a flow stand those of the flow. `flow`: that of the execution, where it was called.
    """
    found = failure_of(execution, told.errors, origin.beside)
    if found is None:
        return []
    call = told.called.get(found.task_run.id) if found.task_run else None
    at: Line = (Piece("  failed", "FAILED"), Piece(f"  {flow}" if flow else "", "bold"))
    if found.task_run:
        place = printable(origin.place(found.task_run.task_id))
        name = name_in_loop(found.task_run, execution, symbols.more)
        at = (
            Piece("  failed at", "FAILED"),
            Piece(f"  {flow}/{name}" if flow else f"  {name}", "bold"),
            Piece(f"  {place}" if place else "", "dim"),
        )
    message = short(found.message or (call.title if call else ""), MESSAGE_LENGTH, symbols.more)
    said = Piece(f"  {message}" if message else "")
    lines = [at, (Piece("  "), said)] if narrow and message else [(*at, said)]
    return [*lines, *(call.lines if call else ())]


def few(lines: Sequence[Line], symbols: Symbols) -> Sequence[Line]:
    """The first and the last of many lines: flows may call each other a hundred deep."""
    if len(lines) <= FAILED_LINES:
        return lines
    return [*lines[: FAILED_LINES // 2], (Piece(f"  {symbols.more}", "dim"),), *lines[-FAILED_LINES // 2 :]]


def tree(
    execution: Execution, symbols: Symbols, width: int | None = None, conditions: Mapping[str, str] | None = None
) -> list[tuple[Line, str]]:
    """The rows of the task tree, each with its note apart: whoever draws knows how much room is left for it.

    With a `width`, names are cut so that states and durations fit beside them. `conditions`: the `runIf` of each task.
    """
    found = list(rows(execution, symbols))
    names = max((len(row.guide + full_name(row, symbols)) for row in found), default=0)
    states = max((len(row.state.value) for row in found), default=0)
    times = max((len(took(row)) for row in found), default=0)
    room = NAME_WIDTH if width is None else min(NAME_WIDTH, width - states - times - ROUND_A_NAME)
    columns = min(names, room), states, times
    return [(draw_row(row, symbols, columns), note(row, execution, conditions or {}, symbols.more)) for row in found]


def draw_row(row: Row, symbols: Symbols, columns: tuple[int, int, int]) -> Line:
    """`✓ greet   SUCCESS   2 ms`. `columns`: the widths of name (with its guide), state and duration."""
    names, states, times = columns
    return (
        Piece(row.guide, "dim"),
        Piece(f"{symbol(row.state, symbols)} ", row.state.value),
        Piece(full_name(row, symbols, names - len(row.guide)).ljust(names - len(row.guide))),
        Piece(f"  {row.state.value:<{states}}", row.state.value),
        Piece(f"  {took(row):>{times}}", "dim"),
    )


def full_name(row: Row, symbols: Symbols, room: int = 1000) -> str:
    """`greet`, `visit [Lima]`, `visit × 1,000`: the number is never cut."""
    count = f" {row.count.replace('×', symbols.times)}" if row.count else ""
    name = row.task_id if count else name_of(row.runs[0], symbols.more)
    return short_text(name, max(1, room - len(count)), symbols.more) + count


def name_of(task_run: TaskRun, more: str) -> str:
    """The task of a task run, with its value in a loop."""
    return task_run.task_id if task_run.value is None else f"{task_run.task_id} [{short(task_run.value, 20, more)}]"


def name_in_loop(task_run: TaskRun, execution: Execution, more: str) -> str:
    """`visit [Lima]`, `call in visit [Lima]`: with what tells it from its like."""
    member = loop_member(task_run, execution)
    if member is None or member is task_run:
        return name_of(task_run, more)
    return f"{task_run.task_id} in {name_of(member, more)}"


def took(row: Row) -> str:
    """How long it took; nothing for what has not ended."""
    return "" if row.took is None else for_people(row.took)


def note(row: Row, execution: Execution, conditions: Mapping[str, str], more: str) -> str:
    """Why it was skipped; or whether it ran for real, how many tries it took, and its outputs, in short."""
    if row.state is StateType.SKIPPED and row.task_id in conditions:
        return short_text(f"runIf: {conditions[row.task_id]}", NOTE_LENGTH, more)
    return "  ".join(filter(None, [mark(row, execution), results(row, more)]))


def mark(row: Row, execution: Execution) -> str:
    """`(mock)`, `(planned failure)`, `(copied)`; empty for what this execution ran for real."""
    if plan := execution.planned.get(row.task_id):
        return f"({PLANNED[plan.kind]})"
    return "(copied)" if execution.parent_id and row.last < execution.start else ""


def results(row: Row, more: str) -> str:
    """How many tries it took, and its outputs, in short."""
    if row.count:
        return f"{row.tried_again:,} took several attempts" if row.tried_again else ""
    (task_run,) = row.runs
    tries = [f"{len(task_run.attempts)} attempts"] if row.tried_again else []
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
