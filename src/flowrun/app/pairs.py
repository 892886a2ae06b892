"""Key-value pairs in the store, for people."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flowrun.diagnostics import did_you_mean
from flowrun.errors import TaskFailed, UsageError
from flowrun.model.key_values import KeyValue, KVType, checked_key
from flowrun.store.database import open_database, told_as_store_error
from flowrun.store.home import home_folder
from flowrun.store.key_values import kept_pairs
from flowrun.tasks.kv.values import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from flowrun.model.key_values import KeyValues


def put(
    namespace: str,
    key: str,
    text: str,
    kind: KVType,
    *,
    ttl: timedelta | None,
    description: str | None,
    overwrite: bool,
) -> KeyValue:
    """Write a pair, its text read as a type. Raises `UsageError`, `StoreError`."""
    now = datetime.now(UTC)
    try:
        value: Any = from_text(text, kind)
        pair = KeyValue(namespace, checked_key(key), value, now, description, now + ttl if ttl is not None else None)
    except TaskFailed as problem:
        raise UsageError(str(problem)) from problem
    with the_pairs() as pairs:
        if not pairs.put(pair, overwrite=overwrite):
            raise UsageError(f"the key `{key}` is there already in namespace `{namespace}`")
    return pair


def get(namespace: str, key: str) -> KeyValue:
    """A pair whose time is not over. Raises `UsageError`, `StoreError`."""
    known = {pair.key: pair for pair in listing(namespace)}
    if key not in known:
        hint = did_you_mean(key, known) or f"`flowrun kv list {namespace}` shows the keys"
        raise UsageError(f"there is no key `{key}` in namespace `{namespace}`", hint=hint)
    return known[key]


def listing(namespace: str) -> list[KeyValue]:
    """The pairs of a namespace whose time is not over. Raises `StoreError`."""
    now = datetime.now(UTC)
    with the_pairs() as pairs:
        return [pair for pair in pairs.pairs(namespace) if not pair.expired(now)]


def delete(namespace: str, keys: Sequence[str]) -> list[str]:
    """Delete pairs; those that there were. Raises `StoreError`."""
    with the_pairs() as pairs:
        return [key for key in keys if pairs.delete(namespace, key)]


@contextmanager
def the_pairs() -> Iterator[KeyValues]:
    """The pairs of the store, which is made where there is none. Raises `StoreError`."""
    folder = home_folder()
    with told_as_store_error(folder), closing(open_database(folder)), closing(kept_pairs(folder)) as pairs:
        yield pairs
