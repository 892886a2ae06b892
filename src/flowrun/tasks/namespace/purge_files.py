"""`io.kestra.plugin.core.namespace.PurgeFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeFiles(Task):
    """Deletes old versions of files."""

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    namespaces: Templated[list[str] | None] = None
    namespace_pattern: Templated[str | None] = None
    file_pattern: Templated[str | None] = None
    behavior: Templated[dict[str, Any] | None] = None
    include_child_namespaces: Templated[bool] = True
