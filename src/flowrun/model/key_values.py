"""Key-value pairs of namespaces (flow reference, 6.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from flowrun.errors import TaskFailed
from flowrun.model.durations import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
DURATION = re.compile(r"P(?=[^T]|T.)(?:\d*D)?(?:T(?=.)(?:\d*H)?(?:\d*M)?(?:\d*S)?)?")
"""A text of this form reads back as a duration, whatever type it was given."""


class KVType(StrEnum):
    """Types of a value."""

    STRING = "STRING"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    DATE = "DATE"
    DURATION = "DURATION"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One version of a pair; they count from 1. `expires_at` is None for one that stays."""

    namespace: str
    key: str
    value: Any
    updated_at: datetime
    description: str | None = None
    expires_at: datetime | None = None
    version: int = 0
    deleted: bool = False

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class KeyValues(Protocol):
    """The pairs of all namespaces, those whose time is over included. Any thread may ask. Raises `StoreError`."""

    def get(self, namespace: str, key: str) -> KeyValue | None:
        """The newest version of a pair; None when there is none, or it was deleted."""
        ...

    def put(self, pair: KeyValue, *, overwrite: bool = True) -> bool:
        """Write a pair as its next version; False when it is there already and may not be overwritten."""
        ...

    def delete(self, namespace: str, key: str) -> bool:
        """Delete a pair; whether there was one."""
        ...

    def pairs(self, namespace: str) -> Sequence[KeyValue]:
        """The newest versions of all pairs of a namespace, by key."""
        ...

    def versions(self, namespace: str) -> Sequence[KeyValue]:
        """All versions of all pairs of a namespace, deleted ones too, by key and age."""
        ...

    def forget(self, versions: Sequence[KeyValue]) -> None:
        """Remove versions for good."""
        ...

    def namespaces(self) -> Sequence[str]:
        """The namespaces that have pairs or flows, as far as anybody here knows."""
        ...


class Expired(TaskFailed):
    """The time of a pair is over."""

    def __init__(self) -> None:
        super().__init__("The requested value has expired")


def look_up(pairs: KeyValues, namespace: str, key: str, now: datetime, *, above: bool) -> KeyValue | None:
    """A pair of a namespace; `above`: or of the nearest one around it.

    Raises `Expired` when its time is over, and then it is gone; `TaskFailed` for what can be no key.
    """
    checked_key(key)
    for place in (namespace, *parents(namespace)) if above else (namespace,):
        if (found := pairs.get(place, key)) is not None:
            if found.expired(now):
                pairs.delete(place, key)
                raise Expired
            return found
    return None


def parents(namespace: str) -> list[str]:
    """The namespaces around one, the nearest first: `a.b.c` is in `a.b` and `a`."""
    parts = namespace.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def checked_key(key: str | None) -> str:
    """A text that is to be a key. Raises `TaskFailed` in the server's words."""
    if not key:
        raise TaskFailed("Key cannot be null or empty")
    if not KEY.fullmatch(key):
        raise TaskFailed(
            "Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric "
            "characters (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only."
        )
    return key


def checked_namespace(pairs: KeyValues, namespace: str | None, own: str) -> str:
    """The namespace that a task names, which must exist; its own when it names none. Raises `TaskFailed`.

    There are the own one, those with flows or with pairs, and all that are around these.
    """
    if not namespace or namespace == own:
        return own
    if any(namespace in (one, *parents(one)) for one in (own, *pairs.namespaces())):
        return namespace
    raise TaskFailed(f"Cannot access the KV store. The namespace '{namespace}' does not exist.")


def as_kept(value: Any) -> Any:
    """A value as it reads back: moments to the millisecond, midnight (UTC) as a day, `PT1H` as a duration.

    A duration with parts of a second, or less than none, reads back as its text.
    """
    if isinstance(value, timedelta):
        value = format_duration(value)
    if isinstance(value, str) and DURATION.fullmatch(value):
        return parse_duration(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        moment -= timedelta(microseconds=moment.microsecond % 1000)
        return moment.date() if moment.time() == time() else moment
    return value
