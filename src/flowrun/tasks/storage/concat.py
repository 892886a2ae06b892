"""`io.kestra.plugin.core.storage.Concat`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Concat(Task):
    """Joins files into one."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    files: Templated[str | list[str]]
    separator: Templated[str | None] = None
    extension: Templated[str] = ".tmp"
