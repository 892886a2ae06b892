"""`io.kestra.plugin.core.storage.Reverse`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Reverse(Task):
    """Turns the lines of a file round."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string"}

    from_: Templated[str]
    separator: Templated[str] = "\n"
    charset: Templated[str] = "UTF-8"
