"""`io.kestra.plugin.core.kv.Put`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Put(Task):
    """Changes entries of a map that is the value of a key."""

    output_fields: ClassVar[dict[str, str]] = {}

    key: Templated[str]
    value: Templated[Any]
    namespace: Templated[str] = "{{ flow.namespace }}"
    error_on_missing: Templated[bool] = False
