"""`io.kestra.plugin.core.namespace.DownloadFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class DownloadFiles(Task):
    """Copies the files that match into the internal storage."""

    output_fields: ClassVar[dict[str, str]] = {"files": "object"}

    namespace: Templated[str]
    files: Templated[str | list[str]]
    destination: Templated[str] = ""
