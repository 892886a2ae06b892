"""The task runs of an execution as the rows of a tree; loops are folded, so that 100,000 task runs are a few rows.

Where more than `HANDFUL` siblings of a loop run the same task, those that went well become one row, however many there are.
Of the others the first `HANDFUL` keep rows of their own. What hangs below the members of a folded row is put together,
task by task and state by state.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.sinks.lines import Symbols

    Children = Mapping[str | None, Sequence[TaskRun]]

HANDFUL = 5

UNREMARKABLE = frozenset({StateType.SUCCESS, StateType.SKIPPED})


@dataclass(frozen=True, slots=True)
class Row:
    """A task run, or several of one task in one state. `guide`: what is drawn left of it. `more`: others stand above."""

    runs: Sequence[TaskRun]
    guide: str = ""
    more: bool = False

    @property
    def task_id(self) -> str:
        """The task that all of them run."""
        return self.runs[0].task_id

    @property
    def state(self) -> StateType:
        """The state that all of them are in."""
        return self.runs[0].current

    @property
    def count(self) -> str:
        """`× 1,000`, `× 12 more`; empty for a task run that stands for itself."""
        return f"× {len(self.runs):,}{' more' if self.more else ''}" if len(self.runs) > 1 else ""

    @property
    def start(self) -> datetime:
        """When the first of them began."""
        return min(one.state.start for one in self.runs)

    @property
    def last(self) -> datetime:
        """When the last of them changed its state."""
        return max(one.state.histories[-1][1] for one in self.runs)

    @property
    def took(self) -> timedelta | None:
        """From the start of the first to the end of the last one; None while there is more to come."""
        return self.last - self.start if self.state.is_terminal else None

    @property
    def tried_again(self) -> int:
        """How many of them took more than one attempt."""
        return sum(len(one.attempts) > 1 for one in self.runs)


def children_of(execution: Execution) -> Children:
    """The task runs by that around them, in the order of creation."""
    children: dict[str | None, list[TaskRun]] = {}
    for task_run in execution.task_runs.values():
        children.setdefault(task_run.parent_id, []).append(task_run)
    return children


def loop_member(task_run: TaskRun, execution: Execution) -> TaskRun | None:
    """The task run that a loop made: this one, else the nearest around it; None outside of loops."""
    around: TaskRun | None = task_run
    while around and around.value is None:
        around = execution.task_runs.get(around.parent_id or "")
    return around


def rows(execution: Execution, symbols: Symbols) -> Iterator[Row]:
    """The rows of the whole tree; what belongs to the flow itself hangs on nothing."""
    children = children_of(execution)
    for row in folded(children.get(None, ())):
        yield row
        yield from rows_below(row.runs, children, symbols)


def rows_below(runs: Sequence[TaskRun], children: Children, symbols: Symbols, indent: str = "") -> Iterator[Row]:
    """The rows below one row, each followed by those below it; the depth is that of the flow."""
    siblings = list(chain.from_iterable(children.get(one.id, ()) for one in runs))
    found = list(folded(siblings, together=len(runs) > 1))
    for place, row in enumerate(found, 1):
        is_last = place == len(found)
        yield Row(row.runs, indent + (symbols.last if is_last else symbols.branch), row.more)
        yield from rows_below(row.runs, children, symbols, indent + ("   " if is_last else symbols.pipe))


def folded(siblings: Sequence[TaskRun], *, together: bool = False) -> Iterator[Row]:
    """The siblings as rows. A loop stands where its first task run is; `together`: they come from several parents."""
    loops: dict[str, list[TaskRun]] = {}
    for one in siblings:
        if together or one.value is not None or one.iteration is not None:
            loops.setdefault(one.task_id, []).append(one)
    handful = 0 if together else HANDFUL
    for one in siblings:
        loop = loops.get(one.task_id, [])
        if len(loop) <= handful:
            yield Row([one])
        elif one is loop[0]:
            yield from folded_loop(loop, handful)


def folded_loop(loop: Iterable[TaskRun], handful: int) -> Iterator[Row]:
    """The task runs of one task in a loop, state by state."""
    states: dict[StateType, list[TaskRun]] = {}
    for one in loop:
        states.setdefault(one.current, []).append(one)
    for state, same in states.items():
        alone = 0 if state in UNREMARKABLE and len(same) > handful else handful
        yield from (Row([one]) for one in same[:alone])
        if same[alone:]:
            yield Row(same[alone:], more=alone > 0)
