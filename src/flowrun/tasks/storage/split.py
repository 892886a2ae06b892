"""`io.kestra.plugin.core.storage.Split`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Split(Task):
    """Cuts a file by lines: into parts of `bytes` (such as `10MB`), `partitions` parts, or parts of `rows` lines."""

    output_fields: ClassVar[dict[str, str]] = {"uris": "array"}

    from_: Templated[str]
    bytes: Templated[str | None] = None
    partitions: Templated[int | None] = None
    rows: Templated[int | None] = None
    regex_pattern: Templated[str | None] = None
    separator: Templated[str] = "\n"
