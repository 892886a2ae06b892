"""Cut a file into parts by lines, whatever its size: for `storage.Split` and `flow.ForEachItem` (flow reference, 6.2)."""

from __future__ import annotations

import re
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Protocol

from flowrun.errors import TaskFailed
from flowrun.template.callables import Failure
from flowrun.template.limits import LimitReached
from flowrun.template.regex import java_pattern, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

UNITS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
LONGEST_LINE = 100_000_000
"""Characters: a file may have any size, and its lines are held in memory one by one."""

OPEN_PARTS = 64
"""Parts that are open at a time: there may be more of them than a process may have files."""


class Batches(Protocol):
    """How a file is cut. The first one given counts, in this order: pattern, bytes, partitions, rows.

    `regex_pattern`: lines with the same first group go together. `bytes`: a part is full once it has so many, such as
    `10MB`. `separator`: written after each line.
    """

    @property
    def regex_pattern(self) -> str | None: ...

    @property
    def bytes(self) -> str | None: ...

    @property
    def partitions(self) -> int | None: ...

    @property
    def rows(self) -> int | None: ...

    @property
    def separator(self) -> str: ...


def split(source: BinaryIO, batches: Batches, folder: Path) -> list[Path]:
    """Cut a stream into files of a folder; their paths, none for an empty stream. Raises `TaskFailed`, `OSError`."""
    parts = Parts(folder)
    try:
        place = placing(batches)
        for line in lines(source):
            written = (line + batches.separator).encode()
            number = place(line, len(written))
            if number is not None:
                parts.append(number, written)
    except (Failure, LimitReached) as problem:
        raise TaskFailed(str(problem)) from problem
    finally:
        parts.close()
    return parts.paths()


def lines(source: BinaryIO, charset: str = "UTF-8") -> Iterator[str]:
    """The lines of a stream without their ends, be they those of Unix, Windows or old Macs. Raises `TaskFailed`."""
    text = TextIOWrapper(source, charset, errors="replace", newline=None)
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise TaskFailed(
                    f"A line has more than {LONGEST_LINE} characters, which is more than are held in memory"
                )
            yield line.removesuffix("\n")
    finally:
        with suppress(ValueError):  # closed already: nobody wanted all the lines
            text.detach()


def placing(batches: Batches) -> Callable[[str, int], int | None]:
    """What tells the number of the part for a line and its bytes; None where it belongs to none. Raises `TaskFailed`."""
    if batches.regex_pattern is not None:
        return by_pattern(batches.regex_pattern)
    if batches.bytes is not None:
        size = byte_count(batches.bytes)
        return until_full(lambda _rows, written: written >= size)
    if batches.partitions is not None:
        return by_turns(batches.partitions)
    if batches.rows is not None:
        most = batches.rows
        return until_full(lambda rows, _written: rows >= most)
    raise TaskFailed("Invalid configuration with no size, count, rows, nor regexPattern")


def until_full(full: Callable[[int, int], bool]) -> Callable[[str, int], int]:
    """A new part once the present one, with its rows and bytes, is full. Each has at least one row."""
    part, rows, written = -1, 0, 0

    def place(_line: str, size: int) -> int:
        nonlocal part, rows, written
        if part < 0 or full(rows, written):
            part, rows, written = part + 1, 0, 0
        rows, written = rows + 1, written + size
        return part

    return place


def by_turns(partitions: int) -> Callable[[str, int], int]:
    """Lines dealt out in turn."""
    if partitions < 1:
        raise TaskFailed("Index 0 out of bounds for length 0")
    next_line = 0

    def place(_line: str, _size: int) -> int:
        nonlocal next_line
        next_line += 1
        return (next_line - 1) % partitions

    return place


def by_pattern(pattern: str) -> Callable[[str, int], int | None]:
    """A part for each text that the first group has matched; lines without a match are left out."""
    if not java_pattern(pattern).compiled.groups:
        return lambda _line, _size: None
    numbers: dict[str, int] = {}

    def place(line: str, _size: int) -> int | None:
        found = search(pattern, line, lambda compiled, limits: compiled.search(line, **limits))
        return numbers.setdefault(found[1], len(numbers)) if found and found[1] is not None else None

    return place


def byte_count(text: str) -> int:
    """Bytes as in `10MB`, or a plain number. Raises `TaskFailed`."""
    found = re.fullmatch(r"(-?\d+)(KB|MB|GB)?", text, re.IGNORECASE)
    if found is None:
        raise TaskFailed(f"Invalid size with value '{text}'")
    return int(found[1]) * UNITS.get((found[2] or "").upper(), 1)


class Parts:
    """Numbered files of a folder that grow at their ends, all at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers: set[int] = set()
        self.open: dict[int, BinaryIO] = {}

    def append(self, number: int, text: bytes) -> None:
        part = self.open.get(number)
        if part is None:
            if len(self.open) == OPEN_PARTS:
                self.close()
            part = self.open[number] = self.path(number).open("ab")
            self.numbers.add(number)
        part.write(text)

    def close(self) -> None:
        for part in self.open.values():
            part.close()
        self.open.clear()

    def paths(self) -> list[Path]:
        return [self.path(number) for number in sorted(self.numbers)]

    def path(self, number: int) -> Path:
        return self.folder / str(number)
