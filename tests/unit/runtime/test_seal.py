"""SECRET inputs are sealed with a key that only the owner of the store can read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flowrun.errors import StoreError
from flowrun.runtime.seal import Seal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key"


@pytest.mark.parametrize("text", ["s3cret", "é😀\n", "x" * 10_000])
def test_another_process_opens_what_was_sealed(key: Path, text: str) -> None:
    sealed = Seal(key)(text)
    assert text not in sealed
    assert Seal(key).open(sealed) == text


def test_the_key_is_made_when_it_is_needed_and_for_its_owner_only(key: Path) -> None:
    seal = Seal(key)
    assert not key.exists()
    seal("s3cret")
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["key"]


def test_a_key_that_is_there_stays(key: Path) -> None:
    Seal(key)("s3cret")
    before = key.read_text()
    Seal(key)("s3cret")
    assert key.read_text() == before


def test_what_a_process_of_the_same_number_left_half_made_is_no_hindrance(key: Path) -> None:
    key.with_suffix(f".{os.getpid()}").touch()
    assert Seal(key).open(Seal(key)("s3cret")) == "s3cret"


def test_another_key_does_not_open_it(key: Path) -> None:
    sealed = Seal(key)("s3cret")
    with pytest.raises(StoreError, match="cannot be opened with the key in") as refused:
        Seal(key.with_name("other")).open(sealed)
    assert refused.value.hint == "run the flow again and give the inputs anew"


@pytest.mark.parametrize("junk", [b"", b"junk\n", b"\xff\x00", b"QUJD"])
def test_a_damaged_key_seals_nothing(key: Path, junk: bytes) -> None:
    key.write_bytes(junk)
    with pytest.raises(StoreError, match="is no key of flowrun"):
        Seal(key)("s3cret")
    with pytest.raises(StoreError, match="cannot be opened with the key in"):
        Seal(key).open("sealed")


def test_without_a_file_nobody_else_can_open_it() -> None:
    seal = Seal()
    sealed = seal("s3cret")
    assert seal.open(sealed) == "s3cret"
    with pytest.raises(StoreError):
        Seal().open(sealed)


def test_where_no_key_can_be_kept_it_seals_all_the_same(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "missing" / "key")("s3cret")
    assert "s3cret" not in sealed
