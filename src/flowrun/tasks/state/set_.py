"""`io.kestra.plugin.core.state.Set`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.state.state_task import StateTask


@dataclass(frozen=True, kw_only=True)
class Set(StateTask):
    """Merges `data` into a state."""

    deprecated: ClassVar[str | None] = "use `io.kestra.plugin.core.kv.Set`"
    output_fields: ClassVar[dict[str, str]] = {"count": "integer", "key": "string"}

    data: Templated[dict[str, Any] | None] = None
