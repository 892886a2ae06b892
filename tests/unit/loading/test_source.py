from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowrun.errors import UsageError
from flowrun.loading.source import MAX_BYTES, Source, read_source

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_read_under_the_name_that_was_given(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("id: é\r\n".encode())
    assert read_source(str(file)) == Source("id: é\r\n", str(file))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfid: a\n")
    assert read_source(str(file)).text == "id: a\n"


def test_an_empty_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    assert read_source(str(tmp_path / "a.yaml")).text == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a\0b", "binary"), (b"\x7fELF\0\0", "binary"), (b"a: 1\nb: \xff\n", "not UTF-8 text (line 2)")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_source(str(file))
    assert words in caught.value.message


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with file.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 10 MB"):
        read_source(str(file))


@pytest.mark.parametrize(
    ("name", "words"), [("", "is a folder"), ("none.yaml", "there is no file"), ("a\0b", "cannot read")]
)
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_source(f"{tmp_path}/{name}")
