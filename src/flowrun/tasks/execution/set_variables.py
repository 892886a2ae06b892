"""`io.kestra.plugin.core.execution.SetVariables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class SetVariables(Task):
    """Merges variables into those of the execution."""

    output_fields: ClassVar[dict[str, str]] = {}

    variables: Templated[dict[str, Any]]
    overwrite: Templated[bool] = True
