"""Internal storage as a folder: `kestra:///a/b.txt` is `a/b.txt` in it."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EACCES, EISDIR
from pathlib import Path
from typing import BinaryIO

from flowrun.model.storage import SCHEME

FOLDER = "storage"
"""Its name in the home folder."""

PIECE = 1 << 20
"""Bytes that are copied at a time: a file of any size takes no more memory."""


class FolderStorage:
    """See `flowrun.model.storage.Storage`. Neither `..` nor a symbolic link leads out of the folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, uri: str) -> BinaryIO:
        path = self.path(uri)
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "Is a directory", str(path))
        return path.open("rb")

    def size(self, uri: str) -> int:
        return self.path(uri).stat().st_size

    def put(self, uri: str, source: BinaryIO) -> None:
        """As in `Storage`. Nobody sees half a file: it gets its name when it is complete."""
        path = self.path(uri)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
            partial.rename(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def remove(self, uri: str) -> None:
        """Remove a folder with all that is in it, and the folders around it that are empty then. There need be none."""
        from shutil import rmtree

        path = self.path(uri)
        rmtree(path, ignore_errors=True)
        with suppress(OSError):
            for folder in path.parents:
                if folder == self.folder:
                    break
                folder.rmdir()

    def path(self, uri: str) -> Path:
        """The file that a URI names. Raises `PermissionError` for one that leads out of the folder, or that is none."""
        inner = uri.removeprefix(f"{SCHEME}/")
        parts = inner.split("/")
        if inner == uri or "\0" in uri or not {"", ".", ".."}.isdisjoint(parts):
            raise PermissionError(EACCES, "no file of the internal storage", uri)
        path = self.folder.joinpath(*parts)
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise PermissionError(EACCES, "leads out of the internal storage", uri)
        return path


class PassingStorage:
    """The storage of a run that is not kept: a folder that is made on first need, and removed with `close`."""

    def __init__(self) -> None:
        self._made: FolderStorage | None = None

    @property
    def made(self) -> FolderStorage:
        """The storage itself. Raises `OSError` where no folder can be made."""
        if self._made is None:
            from tempfile import mkdtemp

            self._made = FolderStorage(Path(mkdtemp(prefix="flowrun-")))
        return self._made

    def open(self, uri: str) -> BinaryIO:
        return self.made.open(uri)

    def size(self, uri: str) -> int:
        return self.made.size(uri)

    def put(self, uri: str, source: BinaryIO) -> None:
        self.made.put(uri, source)

    def close(self) -> None:
        """Remove everything."""
        if self._made is not None:
            from shutil import rmtree

            rmtree(self._made.folder, ignore_errors=True)
            self._made = None
