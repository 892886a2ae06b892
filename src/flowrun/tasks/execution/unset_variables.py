"""`io.kestra.plugin.core.execution.UnsetVariables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class UnsetVariables(Task):
    """Removes variables of the execution; dots lead into nested ones."""

    output_fields: ClassVar[dict[str, str]] = {}

    variables: Templated[list[str]]
    ignore_missing: Templated[bool] = False
