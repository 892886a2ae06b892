"""`io.kestra.plugin.core.execution.Labels`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Labels(Task):
    """Adds labels to the execution: a map, a list of `{key, value}`, or the JSON text of either."""

    output_fields: ClassVar[dict[str, str]] = {}

    labels: Templated[str | dict[str, Any] | list[dict[str, Any]]]
