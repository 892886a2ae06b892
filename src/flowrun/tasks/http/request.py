"""`io.kestra.plugin.core.http.Request`."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.model.http_exchange import MOST_IN_MEMORY
from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import HttpTask

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


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

    @property
    def asked_uri(self) -> str:
        return super().asked_uri.replace(" ", "%20")

    def run(self, ctx: RunContext) -> dict[str, Any]:
        body = BytesIO()
        uri, answer = self.exchange(ctx, body, limit=MOST_IN_MEMORY)
        self.check(answer, body.getvalue())
        outputs = {"uri": uri, "code": answer.code, "headers": answer.headers}
        text = body.getvalue().decode(errors="replace")  # the server takes every body for UTF-8
        if self.encrypt_body:
            return {**outputs, "encryptedBody": ctx.seal(text)}
        return outputs if answer.length is None else {**outputs, "body": text}
