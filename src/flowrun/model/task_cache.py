"""Outputs that are kept for tasks with `taskCache` (flow reference, 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flowrun.model.storage import SCHEME, slug

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class TaskCaches(Protocol):
    """Kept outputs by their URIs. Safe for several threads."""

    def find(self, uri: str) -> tuple[datetime, Mapping[str, Any]] | None:
        """The outputs and the moment since which they are kept; None when there are none that can be read."""
        ...

    def keep(self, uri: str, at: datetime, outputs: Mapping[str, Any]) -> None:
        """Keep outputs, in the place of those that were there. Raises `OSError`, also when they are too large."""
        ...


def cache_uri(namespace: str, flow_id: str, task_id: str, key: str) -> str:
    """Where the outputs of a task are kept. `key` names its properties and its loop value."""
    return f"{SCHEME}/{namespace.replace('.', '/')}/{slug(flow_id)}/{slug(task_id)}/cache/{key}/outputs.json"
