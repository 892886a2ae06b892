"""`io.kestra.plugin.core.namespace.UploadFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


class Conflict(StrEnum):
    """What happens to a file that is there already."""

    OVERWRITE = "OVERWRITE"
    ERROR = "ERROR"
    SKIP = "SKIP"


@dataclass(frozen=True, kw_only=True)
class UploadFiles(Task):
    """Stores files of the working directory, or of the internal storage, in a namespace."""

    output_fields: ClassVar[dict[str, str]] = {}

    namespace: Templated[str]
    files: Templated[list[str] | None] = None
    files_map: Templated[dict[str, str] | str | None] = None
    destination: Templated[str] = "/"
    conflict: Templated[Conflict] = Conflict.OVERWRITE
