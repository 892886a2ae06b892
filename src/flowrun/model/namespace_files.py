"""Files of a namespace that a task finds in its working directory (flow reference, chapter 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flowrun.model.properties import Templated


class FileExistComportment(StrEnum):
    """What happens to a file that is there already."""

    OVERWRITE = "OVERWRITE"
    FAIL = "FAIL"
    WARN = "WARN"
    IGNORE = "IGNORE"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceFiles:
    """Which files: all, or those that match `include` and not `exclude`; of several namespaces the last one wins."""

    enabled: Templated[bool] = True
    include: Templated[list[str] | None] = None
    exclude: Templated[list[str] | None] = None
    namespaces: Templated[list[str] | None] = None
    if_exists: Templated[FileExistComportment] = FileExistComportment.OVERWRITE
    folder_per_namespace: Templated[bool] = False
