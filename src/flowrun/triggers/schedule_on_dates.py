"""`io.kestra.plugin.core.trigger.ScheduleOnDates` (flow reference, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowrun.model.properties import Templated
from flowrun.model.trigger import Trigger
from flowrun.triggers.schedule import RecoverMissedSchedules


@dataclass(frozen=True, kw_only=True)
class ScheduleOnDates(Trigger):
    """Fires once at each of the dates."""

    dates: Templated[list[str]]
    timezone: str | None = None
    inputs: dict[str, Any] | None = None
    recover_missed_schedules: RecoverMissedSchedules | None = None
    backfill: dict[str, Any] | None = None
    interval: timedelta | None = None
    allow_concurrent: bool = False
