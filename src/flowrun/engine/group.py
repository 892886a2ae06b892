"""A group: the flow itself, or one run of a flowable, with the task lists that it works through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.engine.steps import InOrder, enabled
from flowrun.model.state import StateType
from flowrun.model.task import ERRORS, FINALLY, TASKS, RepeatedTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.model.execution import TaskRun
    from flowrun.model.task import FlowableTask, Planned, Steps, Task

AFTER_EXECUTION = "afterExecution"
"""The list of a flow that runs when its execution has ended."""


class Group:
    """Which list is current, what is open in it, and how its main list went so far.

    `owner` is the task run of the flowable (None: the flow), `task` its task. Only the states of
    the main list count for the group's own state (flow reference, 4.3). `earlier` holds the children of an earlier
    process, by task and loop value, until the steps come to them.
    """

    __slots__ = (
        "branch",
        "closed",
        "counts",
        "earlier",
        "errors",
        "finally_",
        "handler_failed",
        "owner",
        "retrying",
        "steps",
        "task",
        "unfinished",
        "verdict",
    )

    def __init__(
        self,
        owner: TaskRun | None,
        task: FlowableTask | None,
        steps: Steps,
        *,
        errors: Sequence[Task] | None = None,
        finally_: Sequence[Task] | None = None,
        branch: str = TASKS,
    ) -> None:
        self.owner = owner
        self.task = task
        self.steps = steps
        self.errors = enabled(errors)
        self.finally_ = enabled(finally_)
        self.branch = branch
        self.counts: dict[StateType, int] = {}
        self.unfinished: dict[str, TaskRun] = {}
        self.earlier: dict[tuple[str, str | None], TaskRun] = {}
        self.closed = False
        self.retrying = 0
        self.handler_failed = False
        self.verdict: StateType | None = None

    @property
    def key(self) -> str | None:
        """Under which the run knows it."""
        return self.owner.id if self.owner else None

    def created(self, task_run: TaskRun) -> None:
        """A child was created."""
        self.unfinished[task_run.id] = task_run

    def ended(self, task_run: TaskRun, branch: str) -> None:
        """A child reached a terminal state."""
        self.unfinished.pop(task_run.id, None)
        if branch == TASKS:
            self.count(task_run)
        elif task_run.current in (StateType.FAILED, StateType.KILLED):
            self.handler_failed = True
        if branch == self.branch and (task_run.task_id, task_run.value) not in self.earlier:
            self.steps.ended(task_run)

    def take_up(self) -> list[TaskRun]:
        """Take what exists already out of what is to be created; the children among it that have not ended yet."""
        to_create: list[Planned] = []
        unfinished = []
        ready = self.steps.ready
        while ready:
            planned = ready.popleft()
            existing = self.earlier.pop((planned.task.id, planned.value), None)
            if existing is None:
                to_create.append(planned)
            elif existing.current.is_terminal:
                self.steps.ended(existing)
            else:
                unfinished.append(existing)
        ready.extend(to_create)
        return unfinished

    def count(self, task_run: TaskRun) -> None:
        """A child of the main list counts for the group's own state."""
        self.counts[task_run.current] = self.counts.get(task_run.current, 0) + 1

    @property
    def failed(self) -> bool:
        """A child of the main list has failed."""
        return StateType.FAILED in self.counts

    @property
    def cut_short(self) -> bool:
        """Nothing more of the main list begins: a child has failed, or the whole flow is to be tried again."""
        return self.branch == TASKS and (self.failed or StateType.RETRIED in self.counts)

    def next_branch(self) -> str | None:
        """The list to go on with when the present one is over, or a failure cuts the main one short.

        None: there is none, the group is finished.
        """
        if self.branch == TASKS and self.failed and self.errors:
            return ERRORS
        if self.branch in (TASKS, ERRORS) and self.finally_:
            return FINALLY
        return None

    def enter(self, branch: str) -> None:
        """Make another list the current one. In a loop over time its task runs bear the number of the pass too."""
        self.branch = branch
        in_pass = self.owner if isinstance(self.task, RepeatedTask) else None
        iteration = None if in_pass is None else in_pass.iteration or 0
        self.steps = InOrder(self.errors if branch == ERRORS else self.finally_, iteration=iteration)

    def guess(self) -> StateType:
        """The state that follows from the main list: the gravest of its children's."""
        for state in (StateType.RETRIED, StateType.KILLED, StateType.FAILED, StateType.WARNING, StateType.PAUSED):
            if state in self.counts:
                return state
        return StateType.SUCCESS
