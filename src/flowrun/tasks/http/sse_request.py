"""`io.kestra.plugin.core.http.SseRequest`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.http_exchange import MOST_IN_MEMORY
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import HttpTask
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.model.run_context import RunContext

NAMES = {"event": "name", "id": "id", "data": "data"}
"""The fields of an event, and what they are called in the outputs."""


@dataclass(frozen=True, kw_only=True)
class SseRequest(HttpTask):
    """Collects the events of a server-sent stream, until it ends.

    No code of the answer is a failure, as on the server.
    """

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "events": "array",
        "size": "integer",
        "result": "string",
    }

    concat_jq_expression: Templated[str | None] = None
    failed_on_missing_jq: Templated[bool | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:
        body = BytesIO()
        uri, _ = self.exchange(ctx, body, limit=MOST_IN_MEMORY)
        events = list(events_in(body.getvalue().decode(errors="replace")))
        outputs = {"uri": uri, "size": len(events)}
        if self.concat_jq_expression is None:
            return {**outputs, "events": events}
        return {**outputs, "result": "".join(self.picked(ctx, event) for event in events)}

    def picked(self, ctx: RunContext, event: dict[str, Any]) -> str:
        """What the jq expression finds in an event; nothing where it may find nothing."""
        problem = f"Failed to resolve JQ expression '{self.concat_jq_expression}' and value '{to_json(event)}'"
        try:
            return found(event, self.concat_jq_expression or "")
        except TaskFailed:
            if self.failed_on_missing_jq is not False:
                ctx.log(LogLevel.ERROR, problem)
                raise
            ctx.log(LogLevel.DEBUG, f"{problem}. Skipping this event.")
            return ""


def found(event: dict[str, Any], expression: str) -> str:
    """The first result of a jq expression, as text. Raises `TaskFailed`."""
    from flowrun.template.callables import Failure
    from flowrun.template.jq import ENGINE
    from flowrun.template.limits import LimitReached

    try:
        results = ENGINE.run(expression, to_json(event))
    except (ValueError, LimitReached, Failure) as problem:
        raise TaskFailed(str(problem)) from problem
    if not results or results[0] is None or isinstance(results[0], list | dict):
        raise TaskFailed("Expected text value from JQ expression but got: NULL")
    return to_text(results[0])


def events_in(stream: str) -> Iterator[dict[str, Any]]:
    """The events of a stream that have data (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    event: dict[str, str] = {}
    for line in re.split("\r\n|\r|\n", stream.removeprefix("\ufeff")):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if event.get("data"):
                yield {name: read(text) if name == "data" else text for name, text in sorted(event.items())}
            event = {}
        elif name == "data":
            event["data"] = f"{event['data']}\n{value}" if "data" in event else value
        elif name in NAMES:
            event[NAMES[name]] = value


def read(data: str) -> Any:
    """JSON as its value, everything else as it is."""
    try:
        return json.loads(data)
    except ValueError:
        return data
