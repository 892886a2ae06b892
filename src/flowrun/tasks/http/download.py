"""`io.kestra.plugin.core.http.Download`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import HttpTask


@dataclass(frozen=True, kw_only=True)
class Download(HttpTask):
    """Stores the answer to a request as a file."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "code": "integer",
        "length": "integer",
        "headers": "object",
    }

    fail_on_empty_response: Templated[bool] = True
    save_as: Templated[str | None] = None
