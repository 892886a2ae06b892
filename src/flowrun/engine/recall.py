"""How the engine finds its place in an execution of an earlier process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from flowrun.engine.evolve import place, reach, show_end, show_outputs, show_state
from flowrun.engine.group import AFTER_EXECUTION, Group
from flowrun.model.state import StateType
from flowrun.model.task import ERRORS, FINALLY, TASKS, FlowableTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.engine.run import Run
    from flowrun.model.execution import TaskRun
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task


def recall(run: Run) -> None:
    """What `evolve` would have remembered of the task runs: their lists, and what templates see of them."""
    for memory in (run.branches, run.values, run.loops, run.passes, run.paused, run.outputs, run.states, run.earlier):
        memory.clear()
    run.over.clear()
    branches = branches_of(run.flow)
    for task_run in run.execution.task_runs.values():
        place(run, task_run, branches[task_run.task_id])
        if task_run.current.is_terminal:
            show_end(run, task_run)
            if task_run.task_id in run.towards:
                reach(run, task_run)
        else:
            show_state(run, task_run)
            if task_run.current is StateType.PAUSED:
                run.paused.add(task_run.id)
            if task_run.outputs is not None or isinstance(run.task(task_run), FlowableTask):
                show_outputs(run, task_run)
        run.earlier.setdefault(task_run.parent_id, []).append(task_run)


def branches_of(flow: Flow) -> dict[str, str]:
    """The list of its parent that each task stands in, by task id."""
    branches: dict[str, str] = {}
    lists: deque[tuple[str, Sequence[Task]]] = deque(
        [
            (TASKS, flow.tasks),
            (ERRORS, flow.errors or ()),
            (FINALLY, flow.finally_ or ()),
            *((AFTER_EXECUTION, one.tasks) for one in flow.listeners or ()),
            (AFTER_EXECUTION, flow.after_execution or ()),
        ]
    )
    while lists:
        branch, tasks = lists.popleft()
        for task in tasks:
            branches[task.id] = branch
            if isinstance(task, FlowableTask):
                lists.extend(task.lists())
    return branches


def adopt(group: Group, members: Sequence[TaskRun], branches: Mapping[str, str]) -> list[TaskRun]:
    """Bring a new group to where its children of an earlier process had come.

    Returns those that have not ended and belong to an earlier list than the current one.
    """
    for one in members:
        if not one.current.is_terminal:
            group.created(one)
            group.retrying += one.current is StateType.RETRYING
        elif branches[one.id] == TASKS:
            group.count(one)
    reached = [branch for branch in (ERRORS, FINALLY) if any(branches[one.id] == branch for one in members)]
    if reached:
        group.enter(reached[-1])
    group.earlier = {(one.task_id, one.value): one for one in members if branches[one.id] == group.branch}
    return [one for one in group.unfinished.values() if branches[one.id] != group.branch]
