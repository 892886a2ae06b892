"""`io.kestra.plugin.core.trigger.Schedule` (flow reference, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from flowrun.model.properties import Deprecated, Expression
from flowrun.model.trigger import Condition, Trigger


class RecoverMissedSchedules(StrEnum):
    """Which dates that passed unseen are made up for."""

    ALL = "ALL"
    LAST = "LAST"
    NONE = "NONE"


@dataclass(frozen=True, kw_only=True)
class Schedule(Trigger):
    """Fires at the dates of a cron expression: five fields, or six with `withSeconds`."""

    variables: ClassVar[frozenset[str] | None] = frozenset({"date", "next", "previous"})

    cron: str
    with_seconds: bool = False
    timezone: str | None = None
    inputs: Annotated[dict[str, Any] | None, Expression()] = None
    late_maximum_delay: timedelta | None = None
    recover_missed_schedules: RecoverMissedSchedules | None = None
    schedule_conditions: Annotated[list[Condition] | None, Deprecated("write `conditions`")] = None
    backfill: dict[str, Any] | None = None
    interval: timedelta | None = None
