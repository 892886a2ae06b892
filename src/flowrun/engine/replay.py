"""An execution begins with the work of another one: what stood before a task is copied (flow reference, 10.5).

What stands before it is what has ended by the time at which the task is ready. Nobody knows that better than the steps
of the flowables around it, so they are played with the task runs of before, and the task never ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.engine.evolve import open_attempt
from flowrun.engine.recall import branches_of, recall
from flowrun.engine.steps import InOrder
from flowrun.engine.turn import TaskContext, Turn
from flowrun.errors import StartRefused, TemplateError
from flowrun.model.execution import Attempt
from flowrun.model.flow import Flow
from flowrun.model.state import State, StateType
from flowrun.model.task import ERRORS, FINALLY, TASKS, FlowableTask, NoBranch, RepeatedTask, Unresolvable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.task import Planned, Steps, Task

    Members = Mapping[tuple[str, str | None], TaskRun]

LISTS = (TASKS, ERRORS, FINALLY)
"""The lists in which an execution can begin, in the order in which they run."""

ENDED_WELL = frozenset({StateType.SUCCESS, StateType.WARNING, StateType.SKIPPED})


def go_back(run: Run, before: Execution, task_id: str, task_run_id: str | None = None, *, now: datetime) -> None:
    """Give a CREATED execution the task runs of another one that stand before a task; it begins with that task.

    With `task_run_id` it is that one run of the task, which is RESTARTED as on a server. Without, the task begins anew
    wherever it comes first. What stands beside it and ended well is kept. Files that outputs name stay where they are.
    Raises `StartRefused` when the other execution never came to the task.
    """
    execution = run.execution
    ids = copy_task_runs(run, before)
    chosen = line_of(execution, ids[task_run_id]) if task_run_id else None
    recall(run)
    owners: list[TaskRun | None] = [None]
    path = run.flow.path_to(task_id)
    for task in path:
        retreat = Retreat(run, before, path, chosen, now)
        found = retreat.back_to(task, owners)
        if task is not path[-1]:
            reopen(found, now, anew=chosen is None)
        elif chosen is None or isinstance(task, RepeatedTask):  # a loop over time counts its passes from the first
            retreat.remove(found)
        else:
            retreat.remove_below(found)
            start_again(found, now)
        recall(run)
        owners = [*found]
    ran = {one.task_id for one in execution.task_runs.values()}
    execution.planned = {**{one: plan for one, plan in before.planned.items() if one in ran}, **execution.planned}


def copy_task_runs(run: Run, before: Execution) -> dict[str, str]:
    """Copy those whose tasks the flow still has. Returns the new ids by the old ones."""
    ids: dict[str, str] = {}
    for one in before.task_runs.values():  # parents come before their children
        if one.task_id not in run.flow.tasks_by_id or (one.parent_id and one.parent_id not in ids):
            continue
        ids[one.id] = run.new_id()
        run.execution.task_runs[ids[one.id]] = replace(
            one,
            id=ids[one.id],
            parent_id=one.parent_id and ids[one.parent_id],
            state=one.state.copy(),
            attempts=[Attempt(attempt.state.copy()) for attempt in one.attempts],
        )
    return ids


def line_of(execution: Execution, task_run_id: str | None) -> frozenset[str]:
    """The ids of a task run and of those around it."""
    line = []
    while task_run_id is not None:
        line.append(task_run_id)
        task_run_id = execution.task_runs[task_run_id].parent_id
    return frozenset(line)


def reopen(flowables: Iterable[TaskRun], now: datetime, *, anew: bool) -> None:
    """The flowables around the task go on; `anew`: as if they had begun now."""
    for one in flowables:
        if anew:
            one.state, one.attempts = State.created(now), []
        open_attempt(one, now)
        one.state.change(StateType.RUNNING, now)


def start_again(task_runs: Iterable[TaskRun], now: datetime) -> None:
    """What is run again has nothing to show yet."""
    for one in task_runs:
        one.state.change(StateType.RESTARTED, now)
        one.outputs = None


class Retreat:
    """The way back to one task of `path`: the task from which an execution begins, and the flowables around it.

    `chosen`: the ids of the task runs that this way leads through; None: through every run of those tasks.
    """

    def __init__(
        self, run: Run, before: Execution, path: Sequence[Task], chosen: frozenset[str] | None, now: datetime
    ) -> None:
        self.run = run
        self.before = before
        self.path = path
        self.chosen = chosen
        self.turn = Turn(run, now)
        self.cut = {one.id for one in run.flow.path_to(before.until or "")[:-1]}
        self.branches = branches_of(run.flow)
        self.children: dict[str | None, list[TaskRun]] = {}
        for one in run.execution.task_runs.values():
            self.children.setdefault(one.parent_id, []).append(one)

    def back_to(self, task: Task, owners: Sequence[TaskRun | None]) -> list[TaskRun]:
        """Remove what does not stand before a task in the groups of these flowables. Returns the runs of the task itself.

        A flowable of a parallel loop in which the task was never reached begins anew, as long as it was in another one.
        """
        found, refused = [], []
        for owner in owners:
            try:
                found += self.back_in(owner, task)
            except StartRefused as problem:
                refused.append((owner, problem))
        if len(refused) == len(owners):
            raise refused[0][1]
        self.remove(owner for owner, _ in refused if owner is not None)
        return found

    def back_in(self, owner: TaskRun | None, task: Task) -> list[TaskRun]:
        """As `back_to`, in one group. Raises `StartRefused` when it never came to the task."""
        branch = self.branches[task.id]
        if branch not in LISTS:
            raise StartRefused(f"`{task.id}` stands in {branch}: no execution can begin there")
        members = self.children.get(owner.id if owner else None, ())
        there = {(one.task_id, one.value): one for one in members}
        here, kept, missing = self.play(self.steps(owner, branch), task, there)
        if branch != TASKS and here:
            here, missing = self.after_main(here, owner, there, needs_failure=branch == ERRORS)
        if not here:
            raise self.never_came(task, missing, there)
        found = [one for planned in here if (one := there.get((planned.task.id, planned.value)))]
        if not found and task is not self.path[-1]:
            raise StartRefused(f"`{task.id}` did not run in execution {self.before.id}, and `{self.goal}` stands in it")
        earlier = LISTS[: LISTS.index(branch)]
        stay = {one.id for one in (*kept, *found)}
        self.remove(one for one in members if one.id not in stay and self.branches[one.task_id] not in earlier)
        return found

    def after_main(
        self, here: list[Planned], owner: TaskRun | None, there: Members, *, needs_failure: bool
    ) -> tuple[list[Planned], list[Planned]]:
        """Handlers can come only where the main list is over: `here`, or what of that list is missing."""
        main = [one for one in there.values() if self.branches[one.task_id] == TASKS]
        if any(one.current is StateType.FAILED for one in main):
            return here, []
        _, _, missing = self.play(self.steps(owner, TASKS), None, there)
        return ([] if missing or needs_failure else here), missing

    def is_whole(self, one: TaskRun) -> bool:
        """Whether a task run came to its end, and was not cut by the end of another task."""
        if one.task_id not in self.cut:
            return True
        there = {(child.task_id, child.value): child for child in self.children.get(one.id, ())}
        _, _, missing = self.play(self.steps(one, TASKS), None, there)
        return not missing

    def play(
        self, steps: Steps, task: Task | None, there: Members
    ) -> tuple[list[Planned], list[TaskRun], list[Planned]]:
        """End what had ended well until nothing more comes: where the task is ready, what is kept, what is missing."""
        here, kept, missing = [], [], []
        while steps.ready:
            planned = steps.ready.popleft()
            one = there.get((planned.task.id, planned.value))
            if (
                task is not None
                and planned.task.id == task.id
                and (self.chosen is None or (one and one.id in self.chosen))
            ):
                here.append(planned)
            elif one is not None and one.current in ENDED_WELL and self.is_whole(one):
                kept.append(one)
                steps.ended(one)
            else:
                missing.append(planned)
        return here, kept, missing

    def steps(self, owner: TaskRun | None, branch: str) -> Steps:
        """The order of a list in the group of `owner`."""
        holder = self.run.flow if owner is None else self.run.task(owner)
        assert isinstance(holder, Flow | FlowableTask)
        if branch != TASKS:
            return InOrder(holder.errors if branch == ERRORS else holder.finally_)
        if owner is None or isinstance(holder, Flow):
            return InOrder(self.run.flow.tasks)
        try:
            return holder.steps(TaskContext(self.turn, owner))
        except (TemplateError, Unresolvable, NoBranch) as problem:
            message = f"`{holder.id}`, in which `{self.goal}` stands, cannot say what comes next"
            raise StartRefused(f"{message}: {problem}" if str(problem) else message) from problem

    @property
    def goal(self) -> str:
        """The task from which the execution is to begin."""
        return self.path[-1].id

    def never_came(self, task: Task, missing: Iterable[Planned], there: Members) -> StartRefused:
        """Why the execution of before cannot lead to a task."""
        about = f"execution {self.before.id}"
        for planned in missing:
            one = there.get((planned.task.id, planned.value))
            how = "did not run" if one is None else f"ended {one.current.value}"
            if one and one.current in ENDED_WELL:
                how = "ran in part only"
            return StartRefused(
                f"`{planned.task.id}` {how} in {about}, and `{self.goal}` comes behind it",
                hint=f"begin with `{planned.task.id}`",
            )
        return StartRefused(f"{about} never came to `{task.id}`", hint="it took another branch")

    def remove(self, task_runs: Iterable[TaskRun]) -> None:
        """Take task runs out of the execution, with all below them."""
        for one in list(task_runs):
            self.remove_below([one])
            del self.run.execution.task_runs[one.id]

    def remove_below(self, task_runs: Iterable[TaskRun]) -> None:
        """Take what is below task runs out of the execution."""
        for one in task_runs:
            self.remove(self.children.get(one.id, ()))
