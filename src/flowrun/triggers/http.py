"""`io.kestra.plugin.core.http.Trigger` (flow reference, 9.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flowrun.model.http_request import HttpProperties
from flowrun.model.properties import Templated
from flowrun.model.trigger import Trigger


@dataclass(frozen=True, kw_only=True)
class HttpTrigger(HttpProperties, Trigger):
    """Asks every `interval`, and fires when `responseCondition`, which sees `response`, holds."""

    interval: timedelta | None = timedelta(minutes=1)
    response_condition: Templated[str] = "{{ response.statusCode < 400 }}"
    encrypt_body: Templated[bool] = False
