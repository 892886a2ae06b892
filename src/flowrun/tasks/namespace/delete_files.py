"""`io.kestra.plugin.core.namespace.DeleteFiles`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class DeleteFiles(Task):
    """Deletes the files that match."""

    output_fields: ClassVar[dict[str, str]] = {}

    namespace: Templated[str]
    files: Templated[str | list[str]]
    delete_parent_folder: Templated[bool] = False
