"""`io.kestra.plugin.core.kv.GetKeys`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class GetKeys(Task):
    """Lists the keys that begin with `prefix`."""

    output_fields: ClassVar[dict[str, str]] = {"keys": "array"}

    prefix: Templated[str | None] = None
    namespace: Templated[str] = "{{ flow.namespace }}"
