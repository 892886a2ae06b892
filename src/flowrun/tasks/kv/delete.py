"""`io.kestra.plugin.core.kv.Delete`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Delete(Task):
    """Deletes a key."""

    output_fields: ClassVar[dict[str, str]] = {"deleted": "boolean"}

    key: Templated[str]
    namespace: Templated[str] = "{{ flow.namespace }}"
    error_on_missing: Templated[bool] = False
