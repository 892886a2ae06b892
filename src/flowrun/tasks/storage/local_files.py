"""`io.kestra.plugin.core.storage.LocalFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class LocalFiles(Task):
    """Writes files into the working directory and stores files of it (deprecated: `inputFiles`, `outputFiles`)."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "object"}

    inputs: Templated[dict[str, str] | str | None] = None
    outputs: Templated[list[str] | None] = None
