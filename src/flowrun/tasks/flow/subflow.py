"""`io.kestra.plugin.core.flow.Subflow`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import AtLeast, Deprecated, Expression, GivenLabels, NotEmpty, Templated
from flowrun.model.task import Task


class RestartBehavior(StrEnum):
    """What a restart of the parent does to a failed child execution."""

    RETRY_FAILED = "RETRY_FAILED"
    NEW_EXECUTION = "NEW_EXECUTION"


@dataclass(frozen=True, kw_only=True)
class Subflow(Task):
    """Runs another flow, and by default waits for its end and takes over its state."""

    output_fields: ClassVar[dict[str, str]] = {"executionId": "string", "outputs": "object", "state": "string"}

    namespace: Annotated[str, NotEmpty(), Expression()]
    flow_id: Annotated[str, Expression()]
    revision: Annotated[int | None, AtLeast(1)] = None
    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    labels: Annotated[Templated[Any], GivenLabels()] = None
    wait: bool = True
    transmit_failed: bool = True
    inherit_labels: Templated[bool] = False
    outputs: Annotated[dict[str, Any] | None, Deprecated("declare `outputs` in the flow that is called")] = None
    schedule_date: Templated[datetime | None] = None
    restart_behavior: RestartBehavior = RestartBehavior.RETRY_FAILED
