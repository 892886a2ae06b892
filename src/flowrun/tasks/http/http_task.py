"""What the tasks of this package share."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.model.http_request import HttpProperties
from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class HttpTask(HttpProperties, Task):
    """What all of them have."""

    allow_failed: Templated[bool | None] = None
