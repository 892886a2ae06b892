"""`io.kestra.plugin.core.storage.FilterItems`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


class FilterType(StrEnum):
    """What happens to the items that match."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class ErrorOrNullBehavior(StrEnum):
    """What a condition means that fails or gives null."""

    FAIL = "FAIL"
    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


@dataclass(frozen=True, kw_only=True)
class FilterItems(Task):
    """Keeps or drops the items for which `filterCondition` holds."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "processedItemsTotal": "integer",
        "droppedItemsTotal": "integer",
    }

    from_: Templated[str]
    filter_condition: str
    filter_type: Templated[FilterType] = FilterType.INCLUDE
    error_or_null_behavior: Templated[ErrorOrNullBehavior] = ErrorOrNullBehavior.FAIL
