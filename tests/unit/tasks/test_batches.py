"""Cutting a stream into part files. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from flowrun.errors import TaskFailed
from flowrun.tasks.storage.batches import OPEN_PARTS, byte_count, split

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Wanted:
    """Settings as a task has them."""

    rows: int | None = None
    bytes: str | None = None
    partitions: int | None = None
    regex_pattern: str | None = None
    separator: str = "\n"


def parts(folder: Path, text: str, **wanted: Any) -> list[str]:
    return [path.read_text() for path in split(BytesIO(text.encode()), Wanted(**wanted), folder)]


FIVE = "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"rows": 2}, ["a\nb\n", "c\nd\n", "e\n"]),
        ({"rows": 100}, [FIVE]),
        ({"rows": 0}, ["a\n", "b\n", "c\n", "d\n", "e\n"]),
        ({"bytes": "4"}, ["a\nb\n", "c\nd\n", "e\n"]),
        ({"bytes": "3"}, ["a\nb\n", "c\nd\n", "e\n"]),
        ({"bytes": "1KB"}, [FIVE]),
        ({"partitions": 2}, ["a\nc\ne\n", "b\nd\n"]),
        ({"partitions": 10}, ["a\n", "b\n", "c\n", "d\n", "e\n"]),
        ({"rows": 1, "partitions": 2}, ["a\nc\ne\n", "b\nd\n"]),
        ({"rows": 2, "separator": "|"}, ["a|b|", "c|d|", "e|"]),
        ({"rows": 2, "separator": ""}, ["ab", "cd", "e"]),
    ],
)
def test_a_stream_is_cut_by_its_lines(tmp_path: Path, wanted: dict[str, Any], expected: list[str]) -> None:
    assert parts(tmp_path, FIVE, **wanted) == expected


def test_every_kind_of_line_end_ends_a_line(tmp_path: Path) -> None:
    assert parts(tmp_path, "a\r\nb\rc\nd", rows=3) == ["a\nb\nc\n", "d\n"]


def test_bytes_are_those_of_utf_8(tmp_path: Path) -> None:
    assert parts(tmp_path, "é\né\né\n", bytes="6") == ["é\né\n", "é\n"]


@pytest.mark.parametrize("wanted", [{"rows": 2}, {"partitions": 2}, {"bytes": "5"}, {"regex_pattern": "(.)"}])
def test_an_empty_stream_has_no_parts(tmp_path: Path, wanted: dict[str, Any]) -> None:
    assert parts(tmp_path, "", **wanted) == []


def test_a_pattern_gathers_lines_by_its_first_group_and_leaves_out_the_rest(tmp_path: Path) -> None:
    text = "ax1\nbx2\nax3\nnone\nbx4\n"
    assert parts(tmp_path, text, regex_pattern="(.)x", rows=1) == ["ax1\nax3\n", "bx2\nbx4\n"]
    assert parts(tmp_path, text, regex_pattern="a.*") == []


def test_there_may_be_more_parts_than_open_files(tmp_path: Path) -> None:
    count = 3 * OPEN_PARTS
    text = "".join(f"{number}\n" for number in range(2 * count))
    assert parts(tmp_path, text, partitions=count)[5] == f"5\n{count + 5}\n"


@pytest.mark.parametrize("text", ["4B", "1K", "1TB", "1.5MB", "1 KB", "", "x"])
def test_a_size_has_one_of_three_units_or_none(text: str) -> None:
    with pytest.raises(TaskFailed, match=f"Invalid size with value '{text}'"):
        byte_count(text)


def test_units_are_powers_of_1024_in_either_case() -> None:
    assert [byte_count(text) for text in ("7", "2KB", "1mb", "1GB")] == [7, 2048, 1 << 20, 1 << 30]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, "Invalid configuration with no size, count, rows, nor regexPattern"),
        ({"partitions": 0}, "Index 0 out of bounds for length 0"),
        ({"regex_pattern": "("}, "Invalid regex"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFailed, match=message):
        parts(tmp_path, FIVE, **wanted)


class OneLine(BytesIO):
    """A line that does not end, and does not exist as a whole."""

    def read1(self, size: int | None = -1) -> bytes:
        return b"x" * (size or 1)


def test_a_line_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(TaskFailed, match="A line has more than 100000000 characters"):
        split(OneLine(), Wanted(rows=1), tmp_path)
