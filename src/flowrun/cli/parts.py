"""The options of `run` by which a flow runs in part, or some of its tasks not for real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowrun.cli.inputs import map_in, read_map, split_pair
from flowrun.diagnostics import did_you_mean
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.app.launcher import Part
    from flowrun.model.execution import Mock, PlannedFailure
    from flowrun.model.flow import Flow

Since = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TASK",
        envvar="FLOWRUN_FROM",
        show_default=False,
        help="Begin with this task; what stands before it is copied from the last run of the flow.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TASK",
        envvar="FLOWRUN_UNTIL",
        show_default=False,
        help="Begin nothing more when this task has ended.",
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="TASK", envvar="FLOWRUN_ONLY", show_default=False, help="--from and --until this task."
    ),
]
Fail = Annotated[
    list[str] | None,
    typer.Option(
        "--fail",
        metavar="TASK[:attempt=N,…]",
        envvar="FLOWRUN_FAIL",
        show_default=False,
        help="Have this task fail without running it, in these attempts or in all; repeatable.",
    ),
]
MockOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mock",
        metavar="TASK=OUTPUTS",
        envvar="FLOWRUN_MOCK",
        show_default=False,
        help="Have this task end well without running it. OUTPUTS: a YAML or JSON map, @FILE, or nothing; repeatable.",
    ),
]


def part_wanted(
    flow: Flow, since: str | None, until: str | None, only: str | None, *, fail: Sequence[str], mock: Sequence[str]
) -> Part:
    """What the options say. Raises `UsageError`, for a task that the flow does not have too."""
    from flowrun.app.launcher import Part

    if only is not None and (since is not None or until is not None):
        raise UsageError("--only says where to begin and to end: leave out --from and --until")
    for option, task in (("--from", since), ("--until", until), ("--only", only)):
        if task is not None:
            check_task(task, flow, option)
    return Part(planned=plans(flow, fail, mock), since=since or only, until=until or only)


def plans(flow: Flow, fail: Sequence[str], mock: Sequence[str]) -> Mapping[str, PlannedFailure | Mock]:
    """The tasks that do not run for real. Raises `UsageError`."""
    from flowrun.model.execution import Mock, PlannedFailure

    failing = {task: PlannedFailure(attempts) for task, attempts in map(split_failure, fail)}
    mocked = {task: Mock(read_outputs(task, text)) for task, text in map(split_mock, mock)}
    for option, found in (("--fail", failing), ("--mock", mocked)):
        for task in found:
            check_task(task, flow, option)
    if both := failing.keys() & mocked.keys():
        raise UsageError(f"`{min(both)}` can either fail or be mocked: give --fail or --mock")
    return {**failing, **mocked}


def check_task(task: str, flow: Flow, option: str) -> None:
    """Raise `UsageError` for a task that the flow does not have."""
    if task not in flow.tasks_by_id:
        hint = did_you_mean(task, flow.tasks_by_id) or f"its tasks are {', '.join(flow.tasks_by_id)}"
        raise UsageError(f"{option}: the flow has no task `{task}`", hint=hint)


def split_failure(text: str) -> tuple[str, tuple[int, ...]]:
    """`TASK:attempt=1,2` as the task and its attempts; none of them: all. Raises `UsageError`."""
    task, colon, rest = text.partition(":")
    if not colon:
        return task, ()
    name, _, numbers = rest.partition("=")
    attempts = tuple(int(one) for one in numbers.split(",") if one.isdecimal())
    if name != "attempt" or not numbers or len(attempts) != len(numbers.split(",")) or 0 in attempts:
        raise UsageError(f"`--fail {text}` is not of the form TASK:attempt=1,2", hint="attempts count from 1")
    return task, attempts


def split_mock(text: str) -> tuple[str, str]:
    """`TASK=OUTPUTS` as its two parts. Raises `UsageError`."""
    return split_pair(text, "--mock")


def read_outputs(task: str, text: str) -> dict[str, Any]:
    """The outputs of a mock, from a file (`@FILE`) or as they are given. Raises `UsageError`."""
    if text.startswith("@"):
        return read_map(Path(text[1:]))
    return map_in(text, f"--mock {task}")


def with_last(part: Part, flow: Flow, given: dict[str, Any]) -> tuple[Part, dict[str, Any]]:
    """The part, with the last execution of the flow, and that execution's inputs below those given. Raises `UsageError`."""
    from flowrun.app import kept

    before, inputs = kept.last_of(flow)
    return replace(part, before=before), {**inputs, **given}
