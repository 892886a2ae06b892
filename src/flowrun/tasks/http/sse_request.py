"""`io.kestra.plugin.core.http.SseRequest`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import HttpTask


@dataclass(frozen=True, kw_only=True)
class SseRequest(HttpTask):
    """Collects the events of a server-sent stream."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "events": "array",
        "size": "integer",
        "result": "string",
    }

    concat_jq_expression: Templated[str | None] = None
    failed_on_missing_jq: Templated[bool | None] = None
