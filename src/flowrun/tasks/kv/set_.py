"""`io.kestra.plugin.core.kv.Set`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


class KVType(StrEnum):
    """What a text is turned into before it is stored."""

    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    DATE = "DATE"
    DURATION = "DURATION"
    JSON = "JSON"


@dataclass(frozen=True, kw_only=True)
class Set(Task):
    """Writes the value of a key."""

    output_fields: ClassVar[dict[str, str]] = {}

    key: Templated[str]
    value: Templated[Any]
    kv_type: Templated[KVType | None] = None
    kv_description: Templated[str | None] = None
    namespace: Templated[str] = "{{ flow.namespace }}"
    overwrite: Templated[bool] = True
    ttl: Templated[timedelta | None] = None
