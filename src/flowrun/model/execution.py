"""An execution of a flow: its task runs, their attempts, and what came out.

Only `engine.evolve` changes these objects; everybody else reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.masking import Masking
from flowrun.model.state import State, StateType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


ENCRYPTED = "io.kestra.datatype:aes_encrypted"
"""The `type` of an encrypted value, beside its `value`, as Kestra keeps them in an execution."""


@dataclass(slots=True)
class Attempt:
    """One try of a task's body."""

    state: State


@dataclass(slots=True)
class TaskRun:
    """One run of one task in one execution.

    `parent_id` is the task run of the enclosing flowable. `value` (always text) and `iteration`
    (from 0) are set on runs that a loop created.
    """

    id: str
    task_id: str
    state: State
    parent_id: str | None = None
    value: str | None = None
    iteration: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    outputs: dict[str, Any] | None = None

    @property
    def current(self) -> StateType:
        """The present state."""
        return self.state.current


@dataclass(frozen=True, slots=True)
class PlannedFailure:
    """A task fails on purpose, and its body is not run: in these attempts (from 1), without any in all of them."""

    kind: ClassVar[str] = "fail"

    attempts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Mock:
    """A task is not run and ends well, with these outputs."""

    kind: ClassVar[str] = "mock"

    outputs: Mapping[str, Any]


@dataclass(slots=True)
class Execution:
    """One run of a flow. `task_runs` keeps the order of creation; ids have Kestra's form (22 characters, base 62).

    `hidden_inputs` are the defaults of inputs that are switched off: no inputs of the execution, yet templates see them
    (flow reference, 2.4). `trigger`: what started it, `{id, type, variables}`; templates see the variables. One that replays
    another has that as `parent_id`; `original_id` is the first of such a row, `attempt` its place in the row of its retries, from 1.
    `planned`: the tasks, by id, that do not run for real. `until`: the task with whose end the work is over. `masking` knows
    what nobody may see of it: whoever shows it takes what `shown` gives.
    """

    id: str
    namespace: str
    flow_id: str
    flow_revision: int
    state: State
    task_runs: dict[str, TaskRun] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    trigger: dict[str, Any] | None = None
    virtual_time: bool = False
    hidden_inputs: dict[str, Any] = field(default_factory=dict)
    parent_id: str | None = None
    original_id: str | None = None
    original_start: datetime | None = None
    attempt: int = 1
    planned: dict[str, PlannedFailure | Mock] = field(default_factory=dict)
    until: str | None = None
    masking: Masking = field(default_factory=Masking, compare=False, repr=False)

    @property
    def current(self) -> StateType:
        """The present state."""
        return self.state.current

    @property
    def kinds(self) -> dict[str, str]:
        """`fail` or `mock` for each task that does not run for real."""
        return {task_id: plan.kind for task_id, plan in self.planned.items()}

    @property
    def mocked(self) -> list[str]:
        """The tasks, by id, of which a mock takes the place."""
        return [task_id for task_id, kind in self.kinds.items() if kind == Mock.kind]

    @property
    def caller_id(self) -> str | None:
        """The execution that called its flow; None for one that no Subflow started."""
        return ((self.trigger or {}).get("variables") or {}).get("executionId")

    @property
    def start(self) -> datetime:
        """When it was created."""
        return self.state.start

    def shown(self) -> Execution:
        """The execution as people may see it: a copy in which every secret is masked; itself where there is none."""
        if not self.masking.texts:
            return self
        masked = self.masking.value
        task_runs = {
            key: replace(one, value=masked(one.value), outputs=masked(one.outputs))
            for key, one in self.task_runs.items()
        }
        labels, trigger = masked(self.labels), masked(self.trigger)
        return replace(self.with_values(masked), task_runs=task_runs, labels=labels, trigger=trigger)

    def with_values(self, change: Callable[[Any], Any]) -> Execution:
        """A copy whose own values are changed: inputs, outputs and variables."""
        return replace(
            self,
            inputs=change(self.inputs),
            hidden_inputs=change(self.hidden_inputs),
            outputs=change(self.outputs),
            variables=change(self.variables),
        )
