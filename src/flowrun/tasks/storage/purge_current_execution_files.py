"""`io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeCurrentExecutionFiles(Task):
    """Deletes the files of the running execution."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "array"}
