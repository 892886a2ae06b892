"""The files that FILE inputs name on this machine."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from flowrun.errors import StoreError

if TYPE_CHECKING:
    from flowrun.model.storage import Storage


class Uploads:
    """Looked at while the inputs are read, copied once there is an execution."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def __call__(self, uri: str, path: str) -> None:
        """Remember a file. Raises `OSError` when it cannot be read."""
        if "\0" in path:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        if stat.S_ISDIR(os.stat(path).st_mode):  # noqa: PTH116 - a path like any other, and quickly
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        self.paths[uri] = path

    def store(self, storage: Storage) -> None:
        """Copy all of them. Raises `StoreError`."""
        for uri, path in self.paths.items():
            try:
                with open(path, "rb") as file:  # noqa: PTH123 - as above
                    storage.put(uri, file)
            except OSError as problem:
                hint = "look at the file, and at the space and the rights of the store's folder"
                raise StoreError(f"cannot copy `{path}` into storage: {problem.strerror}", hint=hint) from problem
