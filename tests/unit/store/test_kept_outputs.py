"""Outputs of tasks with `taskCache`, as files."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from flowrun.model.task_cache import cache_uri
from flowrun.store.kept_outputs import LARGEST, MOST, KeptOutputs
from flowrun.store.storage import FolderStorage, PassingStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTPUTS = {"text": "é\ud800", "on": NOW, "day": date(2026, 1, 1), "took": timedelta(hours=1), "price": Decimal("1.50")}


@pytest.fixture(params=["folder", "passing"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeptOutputs]:
    passing = PassingStorage()
    yield KeptOutputs(passing if request.param == "passing" else FolderStorage(tmp_path))
    passing.close()


def test_outputs_read_back_as_the_same_values(kept: KeptOutputs) -> None:
    uri = cache_uri("a.b", "My_Flow", "T_1", "key")
    assert uri == "kestra:///a/b/my-flow/t-1/cache/key/outputs.json"
    assert kept.find(uri) is None
    kept.keep(uri, NOW, OUTPUTS)
    assert kept.find(uri) == (NOW, OUTPUTS)
    kept.keep(uri, NOW, {})
    assert kept.find(uri) == (NOW, {})


def test_what_is_too_large_is_not_kept(kept: KeptOutputs) -> None:
    uri = cache_uri("a", "b", "c", "key")
    with pytest.raises(OSError, match="more than 10,000,000 bytes"):
        kept.keep(uri, NOW, {"text": "x" * LARGEST})
    assert kept.find(uri) is None


def test_the_oldest_entries_of_a_task_go(tmp_path: Path) -> None:
    kept = KeptOutputs(FolderStorage(tmp_path))
    folder = tmp_path / "a" / "b" / "c" / "cache"
    for number in range(MOST):
        (folder / f"k{number}").mkdir(parents=True)
        os.utime(folder / f"k{number}", (1000 + number, 1000 + number))
    kept.keep(cache_uri("a", "b", "c", "new"), NOW, {"x": 1})
    left = {path.name for path in folder.iterdir()}
    assert (len(left), "k0" in left, "k1" in left, "new" in left) == (MOST, False, True, True)
