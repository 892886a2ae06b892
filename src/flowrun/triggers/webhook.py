"""`io.kestra.plugin.core.trigger.Webhook` (flow reference, 9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flowrun.model.properties import Length
from flowrun.model.trigger import Trigger


@dataclass(frozen=True, kw_only=True)
class Webhook(Trigger):
    """Fires when somebody calls its URL, which ends in `key`."""

    key: Annotated[str, Length(0, 256)]
    inputs: dict[str, Any] | None = None
    wait: bool = False
    return_outputs: bool = False
    response_content_type: str | None = None
    response_code: Any = None
