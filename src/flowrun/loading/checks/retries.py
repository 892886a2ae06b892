"""The waits of a `retry` must fit into each other (flow reference, 3.3 and chapter 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.loading.messages import violation, warning
from flowrun.loading.plan import camel_case
from flowrun.model.durations import format_duration, parse_duration
from flowrun.model.retry import ConstantRetry, ExponentialRetry, RandomRetry, Retry, RetryBehavior
from flowrun.model.task import FlowableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

ORDERED: dict[type, tuple[tuple[str, str], ...]] = {
    ConstantRetry: (("interval", "max_duration"),),
    ExponentialRetry: (("interval", "max_interval"), ("interval", "max_duration")),
    RandomRetry: (("min_interval", "max_interval"), ("max_interval", "max_duration")),
}
"""For each class: which property must be below which other."""


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    for each in checked.objects:
        for low, high in ORDERED.get(each.cls, ()):
            if low in each.values and high in each.values and not each.values[low] < each.values[high]:
                small, large = camel_case(low), camel_case(high)
                server = f"{each.path}.{small}LessThan{large[0].upper()}{large[1:]}"
                kestra = f"'{small}' must be less than '{large}'"
                message = f"`{small}` must be less than `{large}`"
                yield violation("retry-limits", message, each.span_of(small), f"{each.path}.{small}", kestra, at=server)
        if issubclass(each.cls, Retry):
            yield from limits_of(each)
        elif issubclass(each.cls, Task) and not issubclass(each.cls, FlowableTask) and each.node.get("retry"):
            yield from beyond_timeout(each)


def limits_of(retry: Built) -> Iterator[Diagnostic]:
    """Retries that never happen, and those that never end."""
    limits = {name: retry.get(name) for name in ("max_attempts", "max_duration")}
    if limits["max_attempts"] == 1:
        message = "with `maxAttempts: 1` nothing is tried again: the first try counts"
        yield warning("no-effect", message, retry.span_of("maxAttempts", "maxAttempt"), f"{retry.path}.maxAttempts")
    elif not any(retry.entry(name) for name in ("maxAttempts", "maxAttempt", "maxDuration")):
        message = "this retry has no limit: what keeps failing is tried for ever"
        hint = "give it a `maxAttempts` or a `maxDuration`"
        yield warning("endless-retry", message, retry.span_of("type"), retry.path, hint=hint)


def beyond_timeout(task: Built) -> Iterator[Diagnostic]:
    """Each attempt has the whole `timeout`; `maxDuration` counts from the start of the first one."""
    timeout, retry = duration_of(task.get("timeout")), task.get("retry")
    if timeout is None or retry is None or retry.max_duration is None:
        return
    if timeout > retry.max_duration and retry.behavior is RetryBehavior.RETRY_FAILED_TASK:
        message = (
            f"what runs into the `timeout` of {format_duration(timeout)} is never tried again: "
            f"the `maxDuration` of {format_duration(retry.max_duration)} is over by then"
        )
        yield warning("retry-beyond-timeout", message, task.span_of("timeout"), f"{task.path}.timeout")


def duration_of(written: object) -> timedelta | None:
    """A duration that is written out; None for a template and for what is none."""
    try:
        return parse_duration(written) if isinstance(written, str) else None
    except (ValueError, OverflowError):
        return None
