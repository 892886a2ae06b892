"""Key-value pairs in the store, and in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from flowrun.model.key_values import KeyValue, parents
from flowrun.store.flows import save
from flowrun.store.key_values import KeyValueRows, kept_pairs, passing_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.store.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["kept", "passing"])
def pairs(request: pytest.FixtureRequest, database: Database) -> Iterator[KeyValueRows]:
    with closing(kept_pairs(database.folder) if request.param == "kept" else passing_pairs()) as opened:
        yield opened


def pair(key: str, value: object, namespace: str = "a.b") -> KeyValue:
    return KeyValue(namespace, key, value, NOW)


def test_each_write_is_a_version_and_the_newest_is_read(pairs: KeyValueRows) -> None:
    end = NOW + timedelta(hours=1)
    pairs.put(pair("k", 1))
    pairs.put(KeyValue("a.b", "k", {"x": [1.5, None]}, NOW, "what for", end))
    assert pairs.get("a.b", "k") == KeyValue("a.b", "k", {"x": [1.5, None]}, NOW, "what for", end, version=2)
    assert [one.version for one in pairs.versions("a.b")] == [1, 2]
    assert [one.version for one in pairs.pairs("a.b")] == [2]


def test_a_deleted_pair_is_not_there_until_it_is_written_again(pairs: KeyValueRows) -> None:
    pairs.put(pair("k", 1))
    assert pairs.delete("a.b", "k")
    assert not pairs.delete("a.b", "k")
    assert pairs.get("a.b", "k") is None
    assert pairs.put(pair("k", 2), overwrite=False)
    assert not pairs.put(pair("k", 3), overwrite=False)
    assert [(one.value, one.deleted) for one in pairs.versions("a.b")] == [(1, True), (2, False)]


def test_versions_can_be_forgotten(pairs: KeyValueRows) -> None:
    pairs.put(pair("k", 1))
    pairs.put(pair("k", 2))
    pairs.forget(pairs.versions("a.b")[:1])
    assert [one.value for one in pairs.versions("a.b")] == [2]


def test_namespaces_do_not_mix(pairs: KeyValueRows) -> None:
    pairs.put(pair("k", 1))
    pairs.put(pair("k", 2, "a"))
    assert [one.value for one in pairs.pairs("a")] == [2]
    assert pairs.namespaces() == ["a", "a.b"]


def test_saved_flows_make_a_namespace_known(database: Database) -> None:
    save(database, "team", "f", b"id: f", NOW)
    with closing(kept_pairs(database.folder)) as pairs:
        assert pairs.namespaces() == ["team"]


def test_what_is_kept_outlives_its_connection(database: Database) -> None:
    for _ in range(2):
        with closing(kept_pairs(database.folder)) as pairs:
            pairs.put(pair("k", 1))
    with closing(kept_pairs(database.folder)) as pairs:
        assert len(pairs.versions("a.b")) == 2


def test_threads_may_write_at_once(pairs: KeyValueRows) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: pairs.put(pair("k", number)), range(40)))
    assert [one.version for one in pairs.versions("a.b")] == list(range(1, 41))


def test_a_namespace_is_in_those_whose_names_begin_its_own() -> None:
    assert parents("a.b.c") == ["a.b", "a"]
    assert parents("a") == []
