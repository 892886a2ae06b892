"""Where an execution comes from: what the file of its flow says, as far as it explains what was run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowrun.model.log import BROKEN_SLA
from flowrun.model.state import StateType
from flowrun.sinks.lines import for_people

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

LINK = re.compile(r'\[\[link execution="([^"]*)" flowId="([^"]*)" namespace="([^"]*)"\]\]')
"""What the pages of a server make a link of."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a flow: a task run, or None where it was none of them, and the last thing it complained of."""

    task_run: TaskRun | None
    message: str


def failure_of(execution: Execution, errors: Mapping[str | None, str], beside: Collection[str]) -> Failure | None:
    """What made an execution FAILED. `errors`: the last ERROR line of each task run, under None that of the engine."""
    if execution.current is not StateType.FAILED:
        return None
    if broken := broken_sla(errors):
        return Failure(None, broken)
    found = first_failed(execution, beside) or first_failed(execution, frozenset())
    message = readable(errors.get(found.id if found else None, ""))
    if found and not message:
        message = waited_in_vain(found)
    return Failure(found, message) if found or message else None


def broken_sla(errors: Mapping[str | None, str]) -> str:
    """`SLA 'quick' violated: …`, when that ended the execution: the task runs at work then are FAILED without having failed."""
    said = errors.get(None, "")
    return said.removeprefix(BROKEN_SLA) if said.startswith(BROKEN_SLA) else ""


def readable(message: str) -> str:
    """A message with `acme.greet 4Fq0dPbYkCr9nWm2sXhT7a` in place of the link to an execution."""
    return LINK.sub(r"\3.\2 \1", message)


def waited_in_vain(task_run: TaskRun) -> str:
    """What a Pause does not say itself; empty for what failed at work."""
    (before, since), (_, at) = task_run.state.histories[-2:]
    return f"not resumed within {for_people(at - since)}" if before is StateType.PAUSED else ""


def first_failed(execution: Execution, beside: Collection[str]) -> TaskRun | None:
    """The innermost task run that failed first, those of `beside` left out. One around which all is well ended nothing."""
    failed: dict[str | None, TaskRun | None] = {None: None}
    for one in execution.task_runs.values():  # parents come before their children
        if one.current is StateType.FAILED and one.parent_id in failed and one.task_id not in beside:
            failed[one.id] = one
    around = {one.parent_id for one in failed.values() if one}
    innermost = [one for one in failed.values() if one and one.id not in around]
    return min(innermost, key=lambda one: one.state.histories[-1][1], default=None)
