"""`io.kestra.plugin.core.execution.Resume`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Resume(Task):
    """Resumes a paused execution; without `executionId` its own (deprecated)."""

    output_fields: ClassVar[dict[str, str]] = {}

    execution_id: Templated[str | None] = None
    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    inputs: Templated[dict[str, Any] | None] = None
