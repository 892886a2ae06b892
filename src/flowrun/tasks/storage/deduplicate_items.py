"""`io.kestra.plugin.core.storage.DeduplicateItems`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class DeduplicateItems(Task):
    """Keeps the last item of each key; `expr` gives the key of an item."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "numKeys": "integer",
        "processedItemsTotal": "integer",
        "droppedItemsTotal": "integer",
    }

    from_: Templated[str]
    expr: str
