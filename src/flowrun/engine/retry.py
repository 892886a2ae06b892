"""When a failed task is tried again, and in which state an ended one is left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flowrun.model.retry import ConstantRetry, ExponentialRetry, RandomRetry, Retry
from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flowrun.model.task import Task


def next_attempt(
    retry: Retry, attempts: int, first_start: datetime, now: datetime, random: Callable[[], float]
) -> datetime | None:
    """When to try again after `attempts` tries, or None when there is to be no further one (flow reference, 3.3).

    `first_start`: when the first of them began.
    """
    if retry.max_attempts is not None and attempts >= retry.max_attempts:
        return None
    due = now + wait(retry, attempts, random)
    if retry.max_duration is not None and due > first_start + retry.max_duration:
        return None
    return due


def wait(retry: Retry, attempts: int, random: Callable[[], float]) -> timedelta:
    """The wait before the next try; `random` gives numbers in [0, 1)."""
    match retry:
        case ConstantRetry():
            return retry.interval
        case ExponentialRetry():
            factor = 2 if retry.delay_factor is None else int(retry.delay_factor)
            return min(retry.interval * factor * (attempts - 1), retry.max_interval)
        case RandomRetry():
            return retry.min_interval + (retry.max_interval - retry.min_interval) * random()
    return timedelta()


def tolerated(task: Task, state: StateType) -> StateType:
    """What `allowFailure` and `allowWarning` make of a state (flow reference, 3.5)."""
    if state is StateType.FAILED and task.allow_failure:
        state = StateType.WARNING
    if state is StateType.WARNING and task.allow_warning:
        state = StateType.SUCCESS
    return state
