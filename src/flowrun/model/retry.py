"""`retry`: how often and after which wait a failed task is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from flowrun.model.properties import Alias, AtLeast


class RetryBehavior(StrEnum):
    """Try the task again, or run the whole flow again as a new execution."""

    RETRY_FAILED_TASK = "RETRY_FAILED_TASK"
    CREATE_NEW_EXECUTION = "CREATE_NEW_EXECUTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What all kinds share. `max_attempts` counts the first try; no limit at all means for ever."""

    type: str
    max_attempts: Annotated[int | None, AtLeast(1), Alias(("maxAttempt",))] = None
    max_duration: timedelta | None = None
    warning_on_retry: bool = False
    behavior: RetryBehavior = RetryBehavior.RETRY_FAILED_TASK


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantRetry(Retry):
    """The same wait before each try."""

    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialRetry(Retry):
    """`interval × delayFactor × (attempts − 1)`, at most `maxInterval`: linear in spite of its name, as on the server."""

    interval: timedelta
    max_interval: timedelta
    delay_factor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomRetry(Retry):
    """A wait between the two intervals."""

    min_interval: timedelta
    max_interval: timedelta


RETRY_TYPES: dict[str, type[Retry]] = {
    "constant": ConstantRetry,
    "exponential": ExponentialRetry,
    "random": RandomRetry,
}
