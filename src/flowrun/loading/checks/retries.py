"""The waits of a `retry` must fit into each other (flow reference, 3.3 and chapter 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.loading.messages import violation, warning
from flowrun.loading.plan import camel_case
from flowrun.model.durations import parse_duration
from flowrun.model.retry import ConstantRetry, ExponentialRetry, RandomRetry
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

ORDERED: dict[type, tuple[tuple[str, str], ...]] = {
    ConstantRetry: (("interval", "max_duration"),),
    ExponentialRetry: (("interval", "max_interval"),),
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
        if issubclass(each.cls, Task):
            yield from beyond_timeout(each)


def beyond_timeout(each: Built) -> Iterator[Diagnostic]:
    """An attempt may take `timeout`, and no further one begins when `maxDuration` has passed since the first began."""
    retry = each.get("retry")
    limit = getattr(retry, "max_duration", None)
    written = each.get("timeout")
    try:
        timeout = parse_duration(written if isinstance(written, str) else "")
    except (ValueError, OverflowError):
        return
    if limit is not None and timeout >= limit:
        path = f"{each.path}.retry.maxDuration"
        message = "an attempt that runs into `timeout` is not tried again: by then `maxDuration` has passed"
        entry = each.entry("retry")
        where = entry.key_span if entry else each.span_of("timeout")
        yield warning("retry-beyond-timeout", message, where, path)
