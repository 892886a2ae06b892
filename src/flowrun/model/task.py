"""Tasks: what every one of them has, and the two kinds.

A *runnable* task does something: `run` is called once for each attempt. A *flowable* task runs
nothing; it answers which of its children come next (`engine.steps`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, TypeAlias

from flowrun.model.inputs import Input
from flowrun.model.log import LogLevel
from flowrun.model.properties import Expression, Length, Matches, NotEmpty, Templated
from flowrun.model.retry import Retry

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator, Mapping, Sequence

    from flowrun.model.execution import Execution, TaskRun
    from flowrun.model.run_context import RunContext
    from flowrun.model.state import StateType

TASKS, ERRORS, FINALLY, ON_PAUSE = "tasks", "errors", "finally", "onPause"
"""The lists of tasks that a flowable may have."""

TASK_ID = Matches("^[a-zA-Z0-9][a-zA-Z0-9_-]*")


class WorkerGroupFallback(StrEnum):
    """What happens when no worker of the group is there."""

    WAIT = "WAIT"
    FAIL = "FAIL"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class WorkerGroup:
    """Where a server would run the task; without effect here."""

    key: str | None = None
    fallback: WorkerGroupFallback | None = None


@dataclass(frozen=True, slots=True)
class TaskCache:
    """Keep the outputs and skip the body while they are younger than `ttl`."""

    enabled: bool
    ttl: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """The properties that every task has (reference of the flow file, chapter 3).

    `deprecated`: what to use instead of a type that Kestra has given up. `output_fields`: what templates may read behind `outputs.ID`, each with its type as JSON Schema names it, or `any`
    (`{"value": "string"}`). Empty: the task has no outputs. None: they are not known, so nothing can be said of them. `inherits_retry`: the `retry` around the task counts for it too.
    """

    deprecated: ClassVar[str | None] = None
    output_fields: ClassVar[dict[str, str] | None] = None
    inherits_retry: ClassVar[bool] = True

    id: Annotated[str, NotEmpty("must not be blank"), TASK_ID, Length(1, 256, "Task id must be at most 256 characters")]
    type: str
    version: str | None = None
    description: str | None = None
    disabled: bool = False
    run_if: Annotated[str | None, Expression()] = None
    retry: Retry | None = None
    timeout: Templated[timedelta | None] = None
    allow_failure: bool = False
    allow_warning: bool = False
    log_level: LogLevel | None = None
    log_to_file: bool = False
    worker_group: WorkerGroup | None = None
    task_cache: TaskCache | None = None
    assets: dict[str, Any] | None = None
    plugin_defaults_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What `run` may return in place of outputs: the task is done when this much time has passed."""

    duration: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionChange:
    """What `run` may return in place of outputs: the execution itself is to change.

    `labels` and `variables` are laid over what there is, maps within maps; then the variables at the `removed` paths go.
    `end`: the execution ends now, in this state, and so does the task.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    removed: Sequence[Sequence[str]] = ()
    end: StateType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCall:
    """Another flow is to run, in an execution of its own (flow reference, 5.9). `revision` None: the newest one.

    `labels` go over those of the flow; `inherit_labels`: so do the caller's, where the flow has none of that name.
    `schedule_date`: not before this moment. `iteration` is the number of a batch. `anew`: when the caller is restarted, there is
    to be another execution; else that of before goes on.
    """

    namespace: str
    flow_id: str
    revision: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    inherit_labels: bool = False
    schedule_date: datetime | None = None
    iteration: int | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class FlowCalls:
    """What `run` of a `CallingTask` returns: these flows run now, as many at a time as the runtime likes.

    The task has ended when all of them have, or at once when it does not `wait`.
    """

    calls: Sequence[FlowCall]
    wait: bool


BodyResult: TypeAlias = "Mapping[str, Any] | Wait | ExecutionChange | FlowCalls | None"
"""What a body ends with: outputs, or what is to be done before there are any."""


@dataclass(frozen=True, kw_only=True)
class RunnableTask(Task):
    """A task with a body.

    `inline`: the body neither blocks nor touches anything outside the process, so it is run by the
    engine's own thread. Everything else runs on a worker thread. `edits_execution`: what goes wrong in it is logged
    by the execution, not by the task. `looks_around`: the body asks for executions; what has happened in those of this
    process is in the store before it runs.
    """

    inline: ClassVar[bool] = False
    edits_execution: ClassVar[bool] = False
    looks_around: ClassVar[bool] = False

    def run(self, ctx: RunContext) -> BodyResult:
        """Do the work; templates are rendered already. Returns the outputs; raises `TaskFailed`."""
        raise NotImplementedError

    def own_variables(self, ctx: RunContext) -> Mapping[str, Any]:  # noqa: ARG002
        """What the templates of this task see beside the variables of the execution. Raises `FlowrunError`."""
        return {}


class CalledExecution(Protocol):
    """The execution that a `FlowCall` led to."""

    @property
    def execution(self) -> Execution:
        """The execution itself, ended, or just created when nobody waits for it."""
        ...

    def outputs(self) -> Mapping[str, Any] | None:
        """The outputs that its flow declares, rendered; None when it declares none. Raises `FlowrunError`."""
        ...

    def written_outputs(self) -> tuple[Mapping[str, Any], Sequence[str]] | None:
        """The same without their types, as their templates write them, and a warning for each that was left out.

        Raises `TemplateError`.
        """
        ...

    def render(self, source: str) -> str:
        """Render a template with what the execution sees at its end. Raises `TemplateError`."""
        ...


@dataclass(frozen=True, kw_only=True)
class CallingTask(RunnableTask):
    """A task whose body runs other flows. The engine runs it itself; it knows no `timeout`."""

    inline: ClassVar[bool] = True

    def call_ended(self, ctx: RunContext, number: int, called: CalledExecution) -> Any:
        """What is to be remembered of an execution that has ended (or, when nobody waits for it, has been created).

        `number` is that of its call, from 0.
        """
        raise NotImplementedError

    def ended(self, ctx: RunContext, results: Sequence[Any]) -> tuple[StateType, Mapping[str, Any] | None]:
        """The state and the outputs that follow from what `call_ended` returned for each call, in their order."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Planned:
    """A task run that is to be created; `value` and `iteration` are those of a loop."""

    task: Task
    value: str | None = None
    iteration: int | None = None


class Steps(Protocol):
    """Which children of a group come next. Each call costs O(1), whatever the number of children."""

    ready: deque[Planned]
    """What may be created now, in this order. The engine takes from the left."""

    @property
    def done(self) -> bool:
        """Every child has been created and has ended."""
        ...

    def ended(self, task_run: TaskRun) -> None:
        """A child reached a terminal state; more may be ready now."""
        ...


class FlowableContext(Protocol):
    """What a flowable may look at when it decides."""

    @property
    def task_run(self) -> TaskRun:
        """Its own task run."""
        ...

    @property
    def now(self) -> datetime:
        """The present moment, by the clock of the run."""
        ...

    def render(self, source: str, outputs: Mapping[str, Any] | None = None) -> str:
        """Render a template to text, as if it had these `outputs` of its own beside what it has. Raises `TemplateError`."""
        ...

    def log(self, level: LogLevel, message: str) -> None:
        """Write a line to the execution's log, under this task."""
        ...


class Unresolvable(Exception):
    """A flowable cannot say what comes next: its condition, value or list makes no sense."""


class NoBranch(Exception):
    """A flowable has no list of tasks for what it found: neither a case nor a default."""


@dataclass(frozen=True, kw_only=True)
class FlowableTask(Task):
    """A task that orders other tasks. `errors` run when a child failed, `finally` in any case."""

    errors: list[Task] | None = None
    finally_: list[Task] | None = None

    def lists(self) -> Iterator[tuple[str, Sequence[Task]]]:
        """Its lists of tasks, each with the name of the branch that it is."""
        yield TASKS, list(self.children())
        yield ERRORS, self.errors or ()
        yield FINALLY, self.finally_ or ()

    def children(self) -> Iterator[Task]:
        """The tasks that it orders, `errors` and `finally` left out, in the order of the file."""
        raise NotImplementedError

    def outputs(self, ctx: FlowableContext) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Its own outputs, computed when it starts and once more when it ends. Raises `Unresolvable`, `TemplateError`."""
        return None

    def steps(self, ctx: FlowableContext) -> Steps:
        """The order of its children in this run. Raises `Unresolvable`, `NoBranch`, `TemplateError`."""
        raise NotImplementedError

    def settle(self, state: StateType) -> StateType:
        """Its state, given the one that follows from its children."""
        return state


@dataclass(frozen=True, slots=True)
class PassEnd:
    """What follows a pass. `outputs`: the flowable's own from now on. `again`: there is to be another pass, else it is over,
    in `state` where that does not follow from its children.
    """

    outputs: Mapping[str, Any]
    again: bool
    state: StateType | None = None


@dataclass(frozen=True, kw_only=True)
class RepeatedTask(FlowableTask):
    """A flowable whose children run pass after pass; only those of the last pass remain (flow reference, 5.8)."""

    def after_pass(self, ctx: FlowableContext) -> PassEnd:
        """Whether there is another pass, now that all children have ended well. Raises `Unresolvable`, `TemplateError`."""
        raise NotImplementedError

    def interval(self, ctx: FlowableContext) -> timedelta:
        """The wait before the next pass. Raises `Unresolvable`, `TemplateError`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Stop:
    """A wait for somebody's word. After `duration` it is over in any case, and the task run ends in `state`."""

    duration: timedelta | None
    state: StateType


@dataclass(frozen=True, kw_only=True)
class StoppingTask(FlowableTask):
    """A flowable that waits before its children run (flow reference, 5.11).

    `on_pause` runs when the wait begins, beside everything else. `on_resume`: the inputs of the word to go on.
    """

    on_pause: Task | None = None
    on_resume: list[Input] | None = None

    def lists(self) -> Iterator[tuple[str, Sequence[Task]]]:
        yield from super().lists()
        yield ON_PAUSE, [self.on_pause] if self.on_pause else []

    def stop(self, ctx: FlowableContext) -> Stop:
        """How long it waits. Raises `Unresolvable`, `TemplateError`."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class FolderTask(FlowableTask):
    """A flowable whose children share one working directory, and see its loop value as their own (flow reference, 5.12)."""

    @property
    def touches_files(self) -> bool:
        """Whether there is anything to do for `prepare` or `finish`."""
        return True

    def prepare(self, ctx: RunContext) -> None:
        """Fill the directory before the first child runs. Raises `TaskFailed`, `OSError`."""

    def finish(self, ctx: RunContext) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Keep what is to be kept of it, when the last one has ended; the outputs. Raises `TaskFailed`, `OSError`."""
        return None
