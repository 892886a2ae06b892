"""`io.kestra.plugin.core.state.Get`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.state.state_task import StateTask


@dataclass(frozen=True, kw_only=True)
class Get(StateTask):
    """Reads a state."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.kv.Get`"
    output_fields: ClassVar[dict[str, str]] = {"count": "integer", "data": "object"}

    error_on_missing: Templated[bool] = False
