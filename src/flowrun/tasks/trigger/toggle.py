"""`io.kestra.plugin.core.trigger.Toggle`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Toggle(Task):
    """Switches a trigger on, or by default off."""

    output_fields: ClassVar[dict[str, str]] = {}

    trigger: str
    flow_id: str | None = None
    namespace: str | None = None
    enabled: bool = False
