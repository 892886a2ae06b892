"""`io.kestra.plugin.core.trigger.Webhook` (flow reference, 9.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import Expression, Length
from flowrun.model.trigger import Trigger


@dataclass(frozen=True, kw_only=True)
class Webhook(Trigger):
    """Fires when somebody calls its URL, which ends in `key`."""

    variables: ClassVar[frozenset[str] | None] = frozenset({"body", "headers", "parameters"})
    scheduled: ClassVar[bool] = False

    key: Annotated[str, Length(0, 256)]
    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    wait: bool = False
    return_outputs: bool = False
    response_content_type: str | None = None
    response_code: Any = None
