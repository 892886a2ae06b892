"""Going on with an execution of an earlier process: what is run again, and what the run has to know.

An execution that ended is restarted as on the server (flow reference, 10.5): what failed runs again,
what ended well is kept. One whose process died goes on where it was: bodies that were at work run
again, everything that ended is kept, whichever list it belonged to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowrun.engine.recall import branches_of, recall
from flowrun.engine.run import Run
from flowrun.errors import StartRefused
from flowrun.model.execution import ENCRYPTED
from flowrun.model.state import StateType
from flowrun.model.task import TASKS, FlowableTask, FolderTask, StoppingTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.log import LogEntry

RUN_AGAIN = frozenset({StateType.FAILED, StateType.KILLED, StateType.PAUSED})
NO_TASK = "No task found to restart execution from!"
"""Kestra's sentence."""

AT_WORK = frozenset({StateType.SUBMITTED, StateType.RUNNING, StateType.RESTARTED})


@dataclass(frozen=True, slots=True)
class RestartPlan:
    """Ids of task runs: `removed` are dropped, `bodies` run again, `flowables` are opened again, `states` are set."""

    removed: tuple[str, ...]
    bodies: tuple[str, ...]
    flowables: tuple[str, ...]
    states: Mapping[str, StateType] = field(default_factory=dict)


def plan_restart(flow: Flow, execution: Execution) -> RestartPlan:
    """What a restart does. Raises `StartRefused` with Kestra's sentence when there is nothing to run again.

    A KILLED execution can be restarted, which the server refuses: an interrupted run is no lost run here.
    """
    runs = list(execution.task_runs.values())
    if not execution.current.is_terminal:
        states = AT_WORK | {StateType.KILLED} if execution.current is StateType.KILLING else AT_WORK
        again = [one for one in runs if one.current in states and not outlives_group(one, execution)]
        return planned(flow, execution, again, {})
    removed = beside_main_list(flow, execution)
    again = [one for one in runs if one.current in RUN_AGAIN and one.id not in removed]
    if not again and execution.current is not StateType.KILLED:
        raise StartRefused(NO_TASK, hint="nothing of it failed, or nothing ever ran")
    return planned(flow, execution, again, removed)


def planned(flow: Flow, execution: Execution, again: Sequence[TaskRun], removed: dict[str, None]) -> RestartPlan:
    """The plan for these task runs. The children of a WorkingDirectory are gone with its directory: all of them run again.

    A Pause that nobody resumed waits for the word again.
    """
    bodies, flowables = split(flow, again, execution)
    anew = set(begun_anew(flow, execution, flowables))
    for one in execution.task_runs.values():  # parents come before their children
        if one.parent_id in anew or one.parent_id in removed:
            removed[one.id] = None
    return RestartPlan(
        tuple(removed),
        tuple(one for one in (*bodies, *anew) if one not in removed),
        tuple(one for one in flowables if one not in anew and one not in removed),
    )


def begun_anew(flow: Flow, execution: Execution, flowables: Iterable[str]) -> Iterator[str]:
    """Those that are not opened again with what is in them."""
    parents = {one.parent_id for one in execution.task_runs.values()}
    for one in flowables:
        task = flow.tasks_by_id[execution.task_runs[one].task_id]
        if isinstance(task, FolderTask) or (isinstance(task, StoppingTask) and one not in parents):
            yield one


def plan_states(flow: Flow, execution: Execution, states: Mapping[str, StateType]) -> RestartPlan:
    """What follows when task runs, by id, are given other states: it goes on behind them (flow reference, 10.5).

    What else failed stays so. Raises `StartRefused`.
    """
    if not execution.current.is_terminal or execution.current is StateType.KILLED:
        message = "You can only change the state of a task run for a terminated non killed execution."
        raise StartRefused(message, hint=going_on(execution))
    removed = beside_main_list(flow, execution)
    if any(one in removed for one in states):
        raise StartRefused(NO_TASK, hint="tasks of errors, finally and afterExecution run anew with a restart")
    around = [execution.task_runs[parent] for one in states if (parent := execution.task_runs[one].parent_id)]
    _, flowables = split(flow, around, execution)
    return RestartPlan(tuple(removed), (), tuple(one for one in flowables if one not in states), states)


def going_on(execution: Execution) -> str:
    """What to try with an execution that was cut short."""
    return f"`flowrun restart {execution.id}` goes on with what was cut short"


def outlives_group(task_run: TaskRun, execution: Execution) -> bool:
    """Whether a flowable around it has ended already: then nobody waits for it, and it is not begun again."""
    _, *around = with_ancestors(task_run, execution)
    return any(one.current.is_terminal for one in around)


def split(flow: Flow, again: Iterable[TaskRun], execution: Execution) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Bodies and flowables among these task runs and all around them, in the order of creation."""
    wanted: set[str] = set()
    for task_run in again:
        wanted.update(one.id for one in with_ancestors(task_run, execution))
    ordered = [one for one in execution.task_runs.values() if one.id in wanted]
    flowable = {one.id for one in ordered if isinstance(flow.tasks_by_id.get(one.task_id), FlowableTask)}
    bodies = tuple(one.id for one in ordered if one.id not in flowable)
    return bodies, tuple(one.id for one in ordered if one.id in flowable)


def with_ancestors(task_run: TaskRun, execution: Execution) -> Iterator[TaskRun]:
    """The task run and those around it, from the inside."""
    yield task_run
    while task_run.parent_id is not None:
        task_run = execution.task_runs[task_run.parent_id]
        yield task_run


def beside_main_list(flow: Flow, execution: Execution) -> dict[str, None]:
    """Ids of the task runs of `errors`, `finally` and `afterExecution` at any depth, and of all below them."""
    branches = branches_of(flow)
    found: dict[str, None] = {}
    for one in execution.task_runs.values():  # parents come before their children
        if branches.get(one.task_id) != TASKS or one.parent_id in found:
            found[one.id] = None
    return found


def restore(
    flow: Flow,
    execution: Execution,
    error_logs: Sequence[LogEntry],
    *,
    new_id: Callable[[], str],
    random: Callable[[], float],
    envs: Mapping[str, str],
    unseal: Callable[[str], str],
) -> Run:
    """The run of a stored execution, as far as it can be told before it is restarted. `unseal` opens what is encrypted."""
    open_sealed(execution, unseal)
    secrets: list[str] = []
    hidden, inputs = (opened(one, unseal, secrets) for one in (execution.hidden_inputs, execution.inputs))
    execution.masking.hide(secrets)
    run = Run(
        flow,
        execution,
        new_id,
        random,
        envs=envs,
        inputs=merged(hidden, inputs),
        error_logs=list(error_logs),
        unseal=unseal,
    )
    recall(run)
    return run


def open_sealed(execution: Execution, unseal: Callable[[str], str]) -> None:
    """Have a stored execution hold its values as they were: those that hold secrets are sealed in the store."""

    def opened(value: Any) -> Any:
        return execution.masking.opened(value, unseal)

    for one in execution.task_runs.values():
        one.outputs = opened(one.outputs)
    execution.inputs, execution.hidden_inputs = opened(execution.inputs), opened(execution.hidden_inputs)
    execution.outputs, execution.variables = opened(execution.outputs), opened(execution.variables)


def opened(value: Any, unseal: Callable[[str], str], secrets: list[str]) -> Any:
    """The inputs with every sealed text in the clear; those texts are added to `secrets`."""
    if not isinstance(value, dict):
        return value
    if value.get("type") == ENCRYPTED:
        secrets.append(unseal(value["value"]))
        return secrets[-1]
    return {key: opened(item, unseal, secrets) for key, item in value.items()}


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two nested maps as one; where both have a value, that of `above`."""
    both = {
        key: merged(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **both}
