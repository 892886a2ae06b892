"""What the tasks over stored files have in common: opening them, and keeping what they make."""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flowrun.errors import TaskFailed
from flowrun.model.storage import checked_uri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from flowrun.model.run_context import RunContext


PIECE = 1 << 20
"""Bytes that are copied at a time."""


@contextmanager
def stored(ctx: RunContext, uri: str) -> Iterator[BinaryIO]:
    """A stored file, to be read. Raises `TaskFailed`."""
    try:
        opened = ctx.storage.open(checked_uri(uri))
    except OSError as problem:
        raise TaskFailed(f"{problem.filename} ({problem.strerror})") from problem
    with opened as file:
        yield file


def extension_of(uri: str) -> str:
    """The last extension of a file, with its point; `.tmp` for one without."""
    extension = os.path.splitext(uri)[1] or ("." if uri.endswith(".") else "")  # noqa: PTH122 - a URI
    return extension or ".tmp"


@contextmanager
def new_file() -> Iterator[Path]:
    """The path of a file that is not there yet, and is gone afterwards. Raises `OSError`."""
    with TemporaryDirectory(prefix="flowrun-") as folder:
        yield Path(folder, "made")


def keep(ctx: RunContext, source: BinaryIO, extension: str) -> str:
    """Keep what a stream gives as an output under a name of its own; its URI. `extension`: with or without its point."""
    return ctx.put_file(source, f"{random.getrandbits(63)}.{extension.removeprefix('.')}")


def keep_file(ctx: RunContext, path: Path, extension: str) -> str:
    """As `keep`, for a file."""
    with path.open("rb") as file:
        return keep(ctx, file, extension)
