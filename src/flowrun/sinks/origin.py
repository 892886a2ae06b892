"""Where an execution comes from: what the file of its flow says, as far as it explains what was run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flowrun.model.execution import Execution, TaskRun


@dataclass(frozen=True, slots=True)
class Origin:
    """The file and what it says of its tasks, by id.

    `conditions`: each `runIf` as it is written. `beside`: the tasks of `errors`, `finally` and `afterExecution`, at any depth.
    `find_lines`: the line on which each task begins; asked only when something failed.
    """

    file: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    beside: Collection[str] = frozenset()
    find_lines: Callable[[], Mapping[str, int]] = dict

    def place(self, task_id: str) -> str:
        """`flows/hello.yaml:12`; without the line where the file does not have the task, empty without a file."""
        line = self.find_lines().get(task_id)
        return f"{self.file}:{line}" if self.file and line else self.file


UNKNOWN = Origin()


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a flow: a task run, or None where it was none of them, and the last thing it complained of."""

    task_run: TaskRun | None
    message: str


def failure_of(execution: Execution, errors: Mapping[str | None, str], beside: Collection[str]) -> Failure | None:
    """What made an execution FAILED. `errors`: the last ERROR line of each task run, under None that of the engine."""
    if execution.current is not StateType.FAILED:
        return None
    found = first_failed(execution, beside) or first_failed(execution, frozenset())
    message = errors.get(found.id if found else None, "")
    return Failure(found, message) if found or message else None


def first_failed(execution: Execution, beside: Collection[str]) -> TaskRun | None:
    """The innermost task run that failed first, those of `beside` left out. One around which all is well ended nothing."""
    failed: dict[str | None, TaskRun | None] = {None: None}
    for one in execution.task_runs.values():  # parents come before their children
        if one.current is StateType.FAILED and one.parent_id in failed and one.task_id not in beside:
            failed[one.id] = one
    around = {one.parent_id for one in failed.values() if one}
    innermost = [one for one in failed.values() if one and one.id not in around]
    return min(innermost, key=lambda one: one.state.histories[-1][1], default=None)
