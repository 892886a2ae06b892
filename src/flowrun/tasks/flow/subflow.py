"""`io.kestra.plugin.core.flow.Subflow`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.retry import tolerated
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import AtLeast, Deprecated, Expression, GivenLabels, NotEmpty, Rendered, Templated
from flowrun.model.state import StateType
from flowrun.model.task import CalledExecution, CallingTask, FlowCall, FlowCalls
from flowrun.tasks.flow.rendered import deep
from flowrun.template import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.model.run_context import RunContext

    Result = tuple[StateType, Mapping[str, Any]]

TAKEN_OVER = frozenset({StateType.FAILED, StateType.KILLED, StateType.WARNING})
"""The states of an execution that are the caller's too; every other one counts as a success."""


class RestartBehavior(StrEnum):
    """What a restart of the parent does to a failed child execution."""

    RETRY_FAILED = "RETRY_FAILED"
    NEW_EXECUTION = "NEW_EXECUTION"


@dataclass(frozen=True, kw_only=True)
class Subflow(CallingTask):
    """Runs another flow, and by default waits for its end and takes over its state."""

    output_fields: ClassVar[dict[str, str]] = {"executionId": "string", "outputs": "object", "state": "string"}

    namespace: Annotated[str, NotEmpty(), Rendered()]
    flow_id: Annotated[str, Rendered()]
    revision: Annotated[int | None, AtLeast(1)] = None
    inputs: Annotated[dict[str, Any] | None, Rendered()] = None
    labels: Annotated[Templated[Any], GivenLabels()] = None
    wait: bool = True
    transmit_failed: bool = True
    inherit_labels: Templated[bool] = False
    outputs: Annotated[
        dict[str, Any] | None, Expression(), Deprecated("declare `outputs` in the flow that is called")
    ] = None
    schedule_date: Templated[datetime | None] = None
    restart_behavior: RestartBehavior = RestartBehavior.RETRY_FAILED

    def run(self, ctx: RunContext) -> FlowCalls:  # noqa: ARG002
        call = FlowCall(
            namespace=self.namespace,
            flow_id=self.flow_id,
            revision=self.revision,
            inputs=self.inputs or {},
            labels=given_labels(self.labels),
            inherit_labels=self.inherit_labels,
            schedule_date=moment(self.schedule_date),
            anew=self.restart_behavior is RestartBehavior.NEW_EXECUTION,
        )
        return FlowCalls([call], self.wait)

    def call_ended(self, ctx: RunContext, number: int, child: CalledExecution) -> Result:  # noqa: ARG002
        execution = child.execution
        outputs: dict[str, Any] = {"executionId": execution.id, "state": execution.current.value}
        if not self.wait:
            return StateType.SUCCESS, outputs
        try:
            found = self.outputs_of(child)
        except FlowrunError as problem:
            ctx.log(LogLevel.ERROR, f"Failed to extract outputs with the error: '{problem}'")
            return StateType.FAILED, outputs
        state = execution.current if self.transmit_failed and execution.current in TAKEN_OVER else StateType.SUCCESS
        if (seen := tolerated(self, state)) in LEVELS:
            link = f'[[link execution="{execution.id}" flowId="{execution.flow_id}" namespace="{execution.namespace}"]]'
            ctx.log(LEVELS[seen], f"Subflow execution {link} ends in {seen.value} state")
        return state, outputs if found is None else {"outputs": found, **outputs}

    def ended(self, ctx: RunContext, results: Sequence[Result]) -> Result:  # noqa: ARG002
        return results[0]

    def outputs_of(self, child: CalledExecution) -> Mapping[str, Any] | None:
        """The outputs that the flow declares, else those that this task asks for. Raises `FlowrunError`."""
        found = child.outputs()
        if found is None and self.outputs:
            return {key: deep(value, child.render) for key, value in self.outputs.items()}
        return found


LEVELS = {StateType.FAILED: LogLevel.ERROR, StateType.WARNING: LogLevel.WARN}
"""The states that the log tells of."""


def given_labels(labels: Any) -> dict[str, str]:
    """Labels of either spelling, those without a value left out."""
    if isinstance(labels, list):
        labels = {one["key"]: one.get("value") for one in labels if isinstance(one, dict) and "key" in one}
    pairs = labels.items() if isinstance(labels, dict) else ()
    return {to_text(key): to_text(value) for key, value in pairs if value not in (None, "")}


def moment(text: Any) -> datetime | None:
    """A rendered date with its zone. Raises `TaskFailed`."""
    if text is None or isinstance(text, datetime):
        return text
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        raise TaskFailed(f"Text '{text}' could not be parsed at index 0") from problem
