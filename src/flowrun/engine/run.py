"""An execution at work: the execution itself and what the engine remembers to go on quickly."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowrun.model.log import LogBatch, LogEntry
from flowrun.model.task import ON_PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from flowrun.engine.group import Group
    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.flow import Check, Flow
    from flowrun.model.log import LogLevel
    from flowrun.model.task import Task
    from flowrun.template import Host

BESIDE = frozenset({"afterExecution", ON_PAUSE})
"""Lists whose task runs have no parent, and yet are none of the flow's main work."""


@dataclass(slots=True)
class Run:
    """What `decide` and `evolve` work on. All but `flow` and `execution` follows from these two.

    `new_id` gives ids for task runs, `random` numbers in [0, 1) for retry waits, `host` what
    templates may ask of the world, `envs` what they see as `envs`. `groups` holds the flow's group under None and each running flowable's
    under its task run's id. `inputs` is what templates see of the inputs: the execution's, and the
    defaults of those that are switched off. `outputs` and `states` are what templates see as `outputs` and
    `tasks`, kept up to date by `evolve` so that no rendering has to rebuild them. `seal` encrypts what an output must not hold in the clear,
    `unseal` opens it. `earlier` holds the task runs of an earlier process
    by their parent, until its group is opened. `passes` holds the task runs of the present pass of each loop over time, `loops` the
    loops around each task run in one, `paused` the task runs that wait. `touched` are the groups that may go on: while the
    execution is PAUSED they are left alone. `loose` are the task runs that belong to no list. `broken` are the ids of the
    SLAs that are settled, `failed_checks` the checks that did not hold at the start. `stopping` is None until the run is
    killed, then the ids of the task runs whose bodies have not ended yet. `towards` are the ids of the task with whose end the work
    is over and of the flowables around it; once it has come, `over` holds the list of each group in which nothing more begins.
    """

    flow: Flow
    execution: Execution
    new_id: Callable[[], str]
    random: Callable[[], float]
    host: Host | None = None
    envs: Mapping[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    groups: dict[str | None, Group] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    loops: dict[str, tuple[str, ...]] = field(default_factory=dict)
    passes: dict[str, list[str]] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    touched: deque[Group] = field(default_factory=deque)
    loose: deque[TaskRun] = field(default_factory=deque)
    outputs: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    seal: Callable[[str], str] = str
    unseal: Callable[[str], str] = str
    error_logs: list[LogEntry] = field(default_factory=list)
    earlier: dict[str | None, list[TaskRun]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    failed_checks: list[Check] = field(default_factory=list)
    stopping: set[str] | None = None
    finished: bool = False
    towards: frozenset[str] = frozenset()
    over: dict[str | None, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.execution.until is not None:
            self.towards = frozenset(one.id for one in self.flow.path_to(self.execution.until))

    def log_entry(self, at: datetime, level: LogLevel, message: str, task_run: TaskRun | None = None) -> LogEntry:
        """A line of the log. Every line is made here, so that no secret gets past (flow reference, 11.1)."""
        ids = (task_run.task_id, task_run.id) if task_run else (None, None)
        return LogEntry(at, level, self.execution.masking.text(message), *ids)

    def log_batch(self, at: datetime, level: LogLevel, messages: Sequence[str], task_run: TaskRun) -> LogBatch:
        """As `log_entry`, for several lines of a task run."""
        masked = self.execution.masking.text
        whole = "\n".join(messages)
        if masked(whole) != whole:
            messages = [masked(one) for one in messages]
        return LogBatch(at, level, messages, task_run.task_id, task_run.id)

    def task(self, task_run: TaskRun) -> Task:
        """The task that a task run is a run of."""
        return self.flow.tasks_by_id[task_run.task_id]

    def group_of(self, task_run: TaskRun) -> Group | None:
        """The group that a task run is a member of; None once that group is forgotten."""
        if task_run.parent_id is None and (branch := self.branches[task_run.id]) in BESIDE:
            return self.groups.get(branch)
        return self.groups.get(task_run.parent_id)
