"""Files of a WorkingDirectory that the next execution finds again: a zip archive in the storage (flow reference, 5.12)."""

from __future__ import annotations

import zipfile
import zlib
from datetime import datetime
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from flowrun.model.log import LogLevel
from flowrun.model.storage import slug
from flowrun.tasks.storage.stored import PIECE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

    from flowrun.model.run_context import RunContext


def restore(ctx: RunContext, ttl: timedelta | None) -> None:
    """Unpack the archive of an earlier execution, unless it is older than `ttl`. Raises `OSError`."""
    uri = archive_uri(ctx)
    if not ctx.storage.exists(uri):
        ctx.log(LogLevel.INFO, "Cache is empty, no files to download")
        return
    with ctx.storage.open(uri) as file, zipfile.ZipFile(file) as archive:
        made = datetime.fromisoformat(archive.comment.decode())
        if ttl is not None and made + ttl < ctx.now():
            ctx.log(LogLevel.INFO, "Cache has expired, no files to download")
            ctx.storage.delete(uri)
            return
        archive.extractall(ctx.working_dir)  # it leaves out `..` and roots


def save(ctx: RunContext, patterns: Sequence[str]) -> None:
    """Pack the files that match. The archive stays as it is when they are those that it holds. Raises `OSError`."""
    files = ctx.working_files(patterns)
    if not files or packed_sums(ctx) == {name: checksum(path) for name, path in files.items()}:
        return
    with TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            archive.comment = ctx.now().isoformat().encode()
            for name, path in files.items():
                archive.write(path, name)
        packed.seek(0)
        ctx.storage.put(archive_uri(ctx), packed)


def packed_sums(ctx: RunContext) -> dict[str, int]:
    """The checksums of what the archive holds; none when there is none."""
    uri = archive_uri(ctx)
    if not ctx.storage.exists(uri):
        return {}
    with ctx.storage.open(uri) as file, zipfile.ZipFile(file) as archive:
        return {one.filename: one.CRC for one in archive.infolist()}


def checksum(path: Path) -> int:
    """The checksum of a file, as archives have it."""
    found = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found = zlib.crc32(piece, found)
    return found


def archive_uri(ctx: RunContext) -> str:
    """`kestra:///NAMESPACE/FLOW/TASK/cache/cache.zip`, as on the server (flow reference, 11.2)."""
    flow, _, _ = ctx.execution_folder.rpartition("/executions/")
    return f"{flow}/{slug(ctx.variables['task']['id'])}/cache/cache.zip"
