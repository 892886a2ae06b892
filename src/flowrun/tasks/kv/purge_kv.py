"""`io.kestra.plugin.core.kv.PurgeKV`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeKV(Task):
    """Deletes expired keys, or old versions of keys."""

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    namespaces: Templated[list[str] | None] = None
    namespace_pattern: Templated[str | None] = None
    key_pattern: Templated[str | None] = None
    behavior: Templated[dict[str, Any] | None] = None
    include_child_namespaces: Templated[bool] = True
    expired_only: Templated[bool | None] = None
