"""Triggers: what starts a flow. One file a type under `flowrun.triggers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from flowrun.model.log import LogLevel
from flowrun.model.properties import Alias, GivenLabels, NotEmpty
from flowrun.model.state import StateType
from flowrun.model.task import TASK_ID, Unresolvable, WorkerGroup

if TYPE_CHECKING:
    from flowrun.model.execution import Execution


class ConditionContext(Protocol):
    """What a condition may look at."""

    @property
    def execution(self) -> Execution:
        """The execution that it is about."""
        ...

    def render(self, source: str) -> str:
        """Render a template with what the execution sees. Raises `TemplateError`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something that must hold for a trigger to fire. `deprecated`: what to use instead, for a type given up."""

    deprecated: ClassVar[str | None] = None

    type: str

    def holds(self, ctx: ConditionContext) -> bool:  # noqa: ARG002
        """Whether it holds for an execution that has ended. Raises `Unresolvable` where that cannot be told, `TemplateError`."""
        raise Unresolvable(f"{self.type} says nothing of an execution")


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """The properties that every trigger has (reference of the flow file, 9.1).

    `variables`: what templates of an execution that it starts read behind `trigger`; None: not known. `scheduled`: it is
    looked at again and again, so it has a state, and can be switched off.
    """

    variables: ClassVar[frozenset[str] | None] = None
    scheduled: ClassVar[bool] = True

    id: Annotated[str, NotEmpty("must not be blank"), TASK_ID]
    type: str
    version: str | None = None
    description: str | None = None
    disabled: bool = False
    conditions: list[Condition] | None = None
    labels: Annotated[dict[str, Any] | list[dict[str, Any]] | None, GivenLabels()] = None
    stop_after: list[StateType] | None = None
    log_level: Annotated[LogLevel | None, Alias(("minLogLevel",))] = None
    log_to_file: bool = False
    worker_group: WorkerGroup | None = None
    fail_on_trigger_error: bool = False
    allow_concurrent: bool = False
    assets: dict[str, Any] | None = None
    plugin_defaults_ref: str | None = None
