"""A flow's text and where it came from."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from flowrun.errors import UsageError

MAX_BYTES = 10_000_000
"""Larger files are no flows that somebody wrote; refusing them keeps memory bounded."""

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is what diagnostics show: a path as the user wrote it, `<stdin>`, or `namespace.id@revision`.

    `revision` is that of a saved flow, None for a file: what it says itself counts.
    """

    text: str
    name: str
    revision: int | None = None


def read_source(path: str) -> Source:
    """The text of a file, or of the standard input for `-`.

    Raises `UsageError` for a file that does not exist, cannot be read, is no text or is too large. An empty
    file is no problem of reading: `load` refuses it.
    """
    if path == STDIN:
        return Source(decode(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"), "<stdin>")
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (importing pathlib costs more than reading the file)
            return Source(decode(file.read(MAX_BYTES + 1), path), path)
    except IsADirectoryError as problem:
        raise UsageError(f"`{path}` is a folder, not a flow file", hint="name a file in it") from problem
    except FileNotFoundError as problem:
        raise UsageError(f"there is no file `{path}`") from problem
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path itself
        raise UsageError(f"cannot read `{path}`: {getattr(problem, 'strerror', None) or problem}") from problem


def decode(data: bytes, name: str) -> str:
    """The text in these bytes (UTF-8, with or without a byte order mark). Raises `UsageError`."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{name}` is larger than {MAX_BYTES // 1_000_000} MB: that is no flow file")
    if b"\0" in data:
        raise UsageError(f"`{name}` is a binary file, not a flow")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UsageError(f"`{name}` is not UTF-8 text (line {line})", hint="save the file as UTF-8") from problem
