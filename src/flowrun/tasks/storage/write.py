"""`io.kestra.plugin.core.storage.Write`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Write(Task):
    """Stores a text as a file."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    content: Templated[str]
    extension: Templated[str | None] = None
