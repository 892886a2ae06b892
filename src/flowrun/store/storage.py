"""Internal storage as a folder: `kestra:///a/b.txt` is `a/b.txt` in it."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from errno import EACCES, EISDIR
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from flowrun.model.storage import SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from flowrun.model.storage import Storage

FOLDER = "storage"
"""Its name in the home folder."""

PIECE = 1 << 20
"""Bytes that are copied at a time: a file of any size takes no more memory."""


class FolderStorage:
    """See `flowrun.model.storage.Storage`. Neither `..` nor a symbolic link leads out of the folder, which need not exist.

    `at`: the URI of what the folder stands for, a part of the storage; without it for all.
    """

    def __init__(self, folder: Path, at: str = SCHEME) -> None:
        self.folder = folder
        self.at = at

    def open(self, uri: str) -> BinaryIO:
        path = self.path(uri)
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "Is a directory", str(path))
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            raise PermissionError(EACCES, "no ordinary file", str(path))
        return path.open("rb")

    def exists(self, uri: str) -> bool:
        return self.path(uri).exists()

    def size(self, uri: str) -> int:
        path = self.path(uri)
        return 0 if path.is_dir() else path.stat().st_size

    def modified(self, uri: str) -> datetime:
        return datetime.fromtimestamp(self.path(uri).stat().st_mtime, UTC)

    def put(self, uri: str, source: BinaryIO) -> None:
        """As in `Storage`. Nobody sees half a file: it gets its name when it is complete."""
        path = self.path(uri)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{os.urandom(8).hex()}.part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
            partial.rename(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def delete(self, uri: str) -> list[str]:
        path = self.path(uri)
        gone: list[str] = []
        if path.is_dir() and not path.is_symlink():
            for child in sorted(path.iterdir(), reverse=True):
                gone += self.delete(f"{uri.rstrip('/')}/{child.name}")
            path.rmdir()
        elif path.exists():
            path.unlink()
        else:
            return gone
        return [*gone, uri.rstrip("/")]

    def files(self, uri: str) -> list[str]:
        """As in `Storage`. Symbolic links are not followed."""
        folder = self.path(uri.rstrip("/"))
        found = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
        inside = [path.relative_to(folder).as_posix() for path in found if path.is_file() and not path.is_symlink()]
        return [f"{uri.rstrip('/')}/{name}" for name in sorted(inside)]

    def folders(self, uri: str) -> Iterator[str]:
        """As in `Storage`. Symbolic links are none."""
        folder = self.folder if uri == self.at else self.path(uri)
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
            for one in found:
                if one.is_dir(follow_symlinks=False):
                    yield f"{uri}/{one.name}"

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
        if uri == self.at != SCHEME:
            return self.folder
        inner = uri.removeprefix(f"{self.at}/")
        parts = inner.split("/")
        if inner == uri or "\0" in uri or not {"", ".", ".."}.isdisjoint(parts):
            raise PermissionError(EACCES, "no file of the internal storage", uri)
        path = self.folder.joinpath(*parts)
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise PermissionError(EACCES, "leads out of the internal storage", uri)
        return path


class MountedStorage:
    """A storage of which one part is another folder."""

    def __init__(self, storage: Storage, mounted: FolderStorage) -> None:
        self.storage = storage
        self.mounted = mounted

    def open(self, uri: str) -> AbstractContextManager[BinaryIO]:
        return self.place(uri).open(uri)

    def exists(self, uri: str) -> bool:
        return self.place(uri).exists(uri)

    def size(self, uri: str) -> int:
        return self.place(uri).size(uri)

    def modified(self, uri: str) -> datetime:
        return self.place(uri).modified(uri)

    def put(self, uri: str, source: BinaryIO) -> None:
        self.place(uri).put(uri, source)

    def delete(self, uri: str) -> list[str]:
        return self.place(uri).delete(uri)

    def files(self, uri: str) -> list[str]:
        return self.place(uri).files(uri)

    def folders(self, uri: str) -> Iterator[str]:
        return self.place(uri).folders(uri)

    def place(self, uri: str) -> Storage:
        """Where a URI leads to."""
        return self.mounted if f"{uri}/".startswith(f"{self.mounted.at}/") else self.storage


class PassingStorage:
    """The storage of a run that is not kept: a folder that is made on first need, and removed with `close`."""

    def __init__(self) -> None:
        self._made: FolderStorage | None = None
        self._making = Lock()

    @property
    def made(self) -> FolderStorage:
        """The storage itself. Raises `OSError` where no folder can be made."""
        with self._making:
            if self._made is None:
                from tempfile import mkdtemp

                self._made = FolderStorage(Path(mkdtemp(prefix="flowrun-")))
            return self._made

    def open(self, uri: str) -> BinaryIO:
        return self.made.open(uri)

    def exists(self, uri: str) -> bool:
        return self.made.exists(uri)

    def size(self, uri: str) -> int:
        return self.made.size(uri)

    def modified(self, uri: str) -> datetime:
        return self.made.modified(uri)

    def put(self, uri: str, source: BinaryIO) -> None:
        self.made.put(uri, source)

    def delete(self, uri: str) -> list[str]:
        return self.made.delete(uri)

    def files(self, uri: str) -> list[str]:
        return self.made.files(uri)

    def folders(self, uri: str) -> Iterator[str]:
        return self.made.folders(uri)

    def close(self) -> None:
        """Remove everything."""
        if self._made is not None:
            from shutil import rmtree

            rmtree(self._made.folder, ignore_errors=True)
            self._made = None
