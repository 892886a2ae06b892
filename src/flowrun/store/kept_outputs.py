"""Outputs of tasks with `taskCache`, kept as files of the internal storage."""

from __future__ import annotations

from datetime import datetime
from errno import EFBIG
from io import BytesIO
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from flowrun.store.storage import PassingStorage
from flowrun.store.values import dump, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.store.storage import FolderStorage

LARGEST = 10_000_000
"""Bytes of outputs that are kept."""

MOST = 1_000
"""Entries that are kept of one task; the oldest go."""


class KeptOutputs:
    """See `flowrun.model.task_cache.TaskCaches`."""

    def __init__(self, storage: FolderStorage | PassingStorage) -> None:
        self.storage = storage

    def find(self, uri: str) -> tuple[datetime, dict[str, Any]] | None:
        try:
            if self.storage.size(uri) > LARGEST:
                return None
            with self.storage.open(uri) as file:
                entry = load(file.read().decode())
            at, outputs = entry["at"], entry["outputs"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):  # none there, or one that is damaged
            return None
        return (at, outputs) if isinstance(at, datetime) and isinstance(outputs, dict) else None

    def keep(self, uri: str, at: datetime, outputs: Mapping[str, Any]) -> None:
        data = dump({"at": at, "outputs": dict(outputs)}).encode(errors="replace")
        if len(data) > LARGEST:
            raise OSError(EFBIG, f"the outputs have more than {LARGEST:,} bytes", uri)
        self.storage.put(uri, BytesIO(data))
        self.drop_oldest(uri)

    def drop_oldest(self, uri: str) -> None:
        """Leave no more than `MOST` entries of the task that the URI belongs to."""
        storage = self.storage.made if isinstance(self.storage, PassingStorage) else self.storage
        entries = list(storage.path(uri).parent.parent.iterdir())
        if len(entries) > MOST:
            entries.sort(key=lambda entry: entry.stat().st_mtime)
            for entry in entries[:-MOST]:
                rmtree(entry, ignore_errors=True)
