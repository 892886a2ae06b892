"""`io.kestra.plugin.core.metric.Publish`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Publish(Task):
    """Records metrics: a list of `{type, name, value, description, tags}`, of type counter, gauge or timer."""

    output_fields: ClassVar[dict[str, str]] = {}

    metrics: Templated[list[dict[str, Any]] | None] = None
