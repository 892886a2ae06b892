"""`io.kestra.plugin.core.storage.Delete`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Delete(Task):
    """Deletes a file."""

    output_fields: ClassVar[dict[str, str]] = {"uri": "string", "deleted": "boolean"}

    uri: Templated[str]
    error_on_missing: Templated[bool] = False
