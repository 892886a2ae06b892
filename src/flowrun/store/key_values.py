"""Key-value pairs in the store, or in memory for a run that is not kept."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from flowrun.model.key_values import KeyValue

COLUMNS = "namespace, key, value, updated_at, description, expires_at, version, deleted"
NEWEST = "version = (SELECT max(version) FROM key_values WHERE namespace = one.namespace AND key = one.key)"


class KeyValueRows:
    """See `flowrun.model.key_values.KeyValues`. A connection of its own, opened on first need, as any thread may ask.

    `more_namespaces` tells of those that exist elsewhere.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], more_namespaces: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._connect = connect
        self._more_namespaces = more_namespaces
        self._connection: sqlite3.Connection | None = None
        self._lock = Lock()

    def get(self, namespace: str, key: str) -> KeyValue | None:
        found = self._read(f"namespace = ? AND key = ? AND {NEWEST} AND NOT deleted", namespace, key)
        return found[0] if found else None

    def put(self, pair: KeyValue, *, overwrite: bool = True) -> bool:
        from flowrun.model.key_values import as_kept
        from flowrun.store.values import dump

        with self._transaction() as connection:
            newest = self._read_with(connection, f"namespace = ? AND key = ? AND {NEWEST}", pair.namespace, pair.key)
            if newest and not newest[0].deleted and not overwrite:
                return False
            version = newest[0].version + 1 if newest else 1
            expires_at = pair.expires_at.isoformat() if pair.expires_at else None
            value = dump(as_kept(pair.value))
            row = (
                pair.namespace,
                pair.key,
                value,
                pair.updated_at.isoformat(),
                pair.description,
                expires_at,
                version,
                0,
            )
            connection.execute(f"INSERT INTO key_values ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        return True

    def delete(self, namespace: str, key: str) -> bool:
        with self._transaction() as connection:
            change = (
                f"UPDATE key_values AS one SET deleted = 1 WHERE namespace = ? AND key = ? AND {NEWEST} AND NOT deleted"  # noqa: S608
            )
            return connection.execute(change, (namespace, key)).rowcount > 0

    def pairs(self, namespace: str) -> Sequence[KeyValue]:
        return self._read(f"namespace = ? AND {NEWEST} AND NOT deleted", namespace)

    def versions(self, namespace: str) -> Sequence[KeyValue]:
        return self._read("namespace = ?", namespace)

    def forget(self, versions: Sequence[KeyValue]) -> None:
        rows = [(one.namespace, one.key, one.version) for one in versions]
        with self._transaction() as connection:
            connection.executemany("DELETE FROM key_values WHERE namespace = ? AND key = ? AND version = ?", rows)

    def namespaces(self) -> Sequence[str]:
        query = "SELECT namespace FROM key_values UNION SELECT namespace FROM flows"
        with self._opened() as connection:
            return sorted({*self._more_namespaces(), *(namespace for (namespace,) in connection.execute(query))})

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _read(self, condition: str, *values: str) -> list[KeyValue]:
        with self._opened() as connection:
            return self._read_with(connection, condition, *values)

    def _read_with(self, connection: sqlite3.Connection, condition: str, *values: str) -> list[KeyValue]:
        query = f"SELECT {COLUMNS} FROM key_values AS one WHERE {condition} ORDER BY key, version"  # noqa: S608 - constants
        return [pair_of(row) for row in connection.execute(query, values)]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection


def pair_of(row: tuple[str, str, str, str, str | None, str | None, int, int]) -> KeyValue:
    from flowrun.model.key_values import KeyValue
    from flowrun.store.values import load

    namespace, key, value, updated_at, description, expires_at, version, deleted = row
    end = datetime.fromisoformat(expires_at) if expires_at else None
    updated = datetime.fromisoformat(updated_at)
    return KeyValue(namespace, key, load(value), updated, description, end, version, bool(deleted))


def kept_pairs(folder: Path, more_namespaces: Callable[[], Iterable[str]] = tuple) -> KeyValueRows:
    """The pairs of the store in a folder, which must be up to date."""
    from flowrun.store.database import connect

    return KeyValueRows(lambda: connect(folder, any_thread=True), more_namespaces)


def passing_pairs(more_namespaces: Callable[[], Iterable[str]] = tuple) -> KeyValueRows:
    """Pairs in memory; they begin empty."""
    from flowrun.store.database import connect_to_memory

    return KeyValueRows(connect_to_memory, more_namespaces)
