"""Kestra's truth: what a rendered condition means."""

from __future__ import annotations

FALSE = frozenset({"", "false", "0", "-0"})


def holds(rendered: str | None) -> bool:
    """Whether a rendered condition counts as true (flow reference, 6.1): anything but `""`, `false`, `0` and `-0`."""
    return rendered is not None and rendered.strip() not in FALSE
