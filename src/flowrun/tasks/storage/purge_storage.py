"""`io.kestra.plugin.core.storage.PurgeStorage`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class PurgeStorage(Task):
    """Deletes files of executions that are gone."""

    output_fields: ClassVar[dict[str, str]] = {
        "scannedCount": "integer",
        "purgedCount": "integer",
        "deletedFilesCount": "integer",
    }

    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    start_date: Templated[str | None] = None
    end_date: Templated[str]
    dry_run: Templated[bool] = True
