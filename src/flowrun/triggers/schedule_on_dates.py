"""`io.kestra.plugin.core.trigger.ScheduleOnDates` (flow reference, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import Expression, Templated
from flowrun.model.trigger import Trigger
from flowrun.triggers.schedule import RecoverMissedSchedules, Schedule


@dataclass(frozen=True, kw_only=True)
class ScheduleOnDates(Trigger):
    """Fires once at each of the dates."""

    variables: ClassVar[frozenset[str] | None] = Schedule.variables

    dates: Templated[list[str]]
    timezone: str | None = None
    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    recover_missed_schedules: RecoverMissedSchedules | None = None
    interval: timedelta | None = None
