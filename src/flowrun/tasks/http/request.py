"""`io.kestra.plugin.core.http.Request`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import HttpTask


@dataclass(frozen=True, kw_only=True)
class Request(HttpTask):
    """Sends a request; its answer becomes the output."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "code": "integer",
        "headers": "object",
        "body": "any",
        "encryptedBody": "object",
    }

    encrypt_body: Templated[bool] = False
