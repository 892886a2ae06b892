"""`io.kestra.plugin.core.storage.Size`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Size(Task):
    """The size of a file in bytes."""

    output_fields: ClassVar[dict[str, str]] = {"size": "integer"}

    uri: Templated[str]
