"""A flow: what one YAML file describes (reference of the flow file, chapter 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from flowrun.model.inputs import INPUT_ID, Input, ValueType
from flowrun.model.properties import AtLeast, Deprecated, Expression, Labels, Length, Matches, NotEmpty
from flowrun.model.retry import Retry
from flowrun.model.task import FlowableTask, Task, WorkerGroup
from flowrun.model.trigger import Condition, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class ConcurrencyBehavior(StrEnum):
    """What happens to an execution that finds no free slot."""

    QUEUE = "QUEUE"
    CANCEL = "CANCEL"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many executions of the flow may run at the same time."""

    limit: Annotated[int, AtLeast(1)]
    behavior: ConcurrencyBehavior = ConcurrencyBehavior.QUEUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A named result of the flow; `value` is rendered when the main work has ended."""

    id: Annotated[str, NotEmpty("must not be blank"), INPUT_ID]
    type: ValueType
    value: Annotated[Any, Expression()]
    description: str | None = None
    display_name: str | None = None
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginDefault:
    """Values for every object whose `type` begins with this one."""

    type: str
    values: dict[str, Any]
    forced: bool = False


class SlaType(StrEnum):
    """What is promised: an end within `duration`, or that `assert` holds all the time."""

    MAX_DURATION = "MAX_DURATION"
    EXECUTION_ASSERTION = "EXECUTION_ASSERTION"


class SlaBehavior(StrEnum):
    """What a broken promise leads to; NONE only logs it."""

    FAIL = "FAIL"
    CANCEL = "CANCEL"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """A promise that is watched while the flow runs, and what a broken one leads to."""

    id: Annotated[str, NotEmpty()]
    type: SlaType
    behavior: SlaBehavior
    duration: timedelta | None = None
    assert_: Annotated[str | None, Expression()] = None
    labels: Annotated[dict[str, str] | None, Labels()] = None


class CheckStyle(StrEnum):
    """How a form shows the message of a check."""

    ERROR = "ERROR"
    SUCCESS = "SUCCESS"
    WARNING = "WARNING"
    INFO = "INFO"


class CheckBehavior(StrEnum):
    """What a check that fails does to the execution."""

    BLOCK_EXECUTION = "BLOCK_EXECUTION"
    FAIL_EXECUTION = "FAIL_EXECUTION"
    CREATE_EXECUTION = "CREATE_EXECUTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A condition on the inputs that must hold for an execution to be created."""

    condition: Annotated[str, NotEmpty(), Expression()]
    message: Annotated[str, NotEmpty(), Expression()]
    style: CheckStyle = CheckStyle.INFO
    behavior: CheckBehavior = CheckBehavior.BLOCK_EXECUTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Deprecated ancestor of `afterExecution`: its tasks run before that, when all conditions hold."""

    tasks: Annotated[list[Task], NotEmpty()]
    description: str | None = None
    conditions: list[Condition] | None = None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A whole flow, plugin defaults merged in."""

    id: Annotated[str, NotEmpty("must not be blank"), Matches("^[a-zA-Z0-9][a-zA-Z0-9._-]*"), Length(1, 100)]
    namespace: Annotated[str, Matches("^[a-z0-9][a-z0-9._-]*"), Length(1, 150)]
    tasks: Annotated[list[Task], NotEmpty()]
    revision: Annotated[int | None, AtLeast(1)] = None
    description: str | None = None
    labels: Annotated[dict[str, str], Labels()] = field(default_factory=dict)
    inputs: list[Input] | None = None
    outputs: list[Output] | None = None
    variables: dict[str, Any] | None = None
    errors: list[Task] | None = None
    finally_: list[Task] | None = None
    after_execution: list[Task] | None = None
    listeners: Annotated[list[Listener] | None, Deprecated("write `afterExecution`")] = None
    triggers: list[Trigger] | None = None
    plugin_defaults: list[PluginDefault] | None = None
    task_defaults: Annotated[list[PluginDefault] | None, Deprecated("write `pluginDefaults`")] = None
    concurrency: Concurrency | None = None
    retry: Retry | None = None
    sla: list[Sla] | None = None
    checks: list[Check] | None = None
    disabled: bool = False
    deleted: bool = False
    tenant_id: str | None = None
    worker_group: WorkerGroup | None = None
    updated: str | None = None
    source: str | None = None

    @cached_property
    def tasks_by_id(self) -> dict[str, Task]:
        """Every task of the flow at any depth, `errors`, `finally`, `listeners` and `afterExecution` included."""
        listeners = [task for one in self.listeners or () for task in one.tasks]
        lists = (self.tasks, self.errors, self.finally_, listeners, self.after_execution)
        return {task.id: task for tasks in lists for task in walk(tasks or ())}

    def path_to(self, task_id: str) -> list[Task]:
        """The task and the flowables around it, the outermost first; empty for an id that no task has."""
        around: dict[str, Task] = {}
        for one in self.tasks_by_id.values():
            if isinstance(one, FlowableTask):
                around.update({child.id: one for _, within in one.lists() for child in within})
        path = [self.tasks_by_id[task_id]] if task_id in self.tasks_by_id else []
        while path and path[0].id in around:
            path.insert(0, around[path[0].id])
        return path


def walk(tasks: Iterable[Task]) -> Iterator[Task]:
    """These tasks and all below them, parents first, in the order of the file."""
    for task in tasks:
        yield task
        if isinstance(task, FlowableTask):
            for _, within in task.lists():
                yield from walk(within)
