"""Files of namespaces in the store, for people."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from flowrun.diagnostics import did_you_mean
from flowrun.errors import UsageError
from flowrun.model.storage import namespace_uri
from flowrun.store.database import told_as_store_error
from flowrun.store.home import home_folder
from flowrun.store.storage import FOLDER, FolderStorage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def put(namespace: str, source: Path, path: str | None) -> list[str]:
    """Store a file, or all files of a folder under their names in it; their paths. Raises `UsageError`, `StoreError`.

    `path`: that of the file, or of the folder; a file without one keeps its name, a folder is the namespace's.
    """
    stored = []
    for name, file in sorted(files_of(source, path).items()):
        with opened(file) as data, the_storage() as storage:
            storage.put(namespace_uri(namespace, checked(name)), data)
        stored.append(name)
    return stored


def files_of(source: Path, path: str | None) -> dict[str, Path]:
    """The files that are meant, by the paths that they are to have."""
    if not source.is_dir():
        return {path or source.name: source}
    prefix = f"{path.rstrip('/')}/" if path else ""
    found = (Path(parent, name) for parent, _, names in os.walk(source) for name in names)
    return {f"{prefix}{file.relative_to(source).as_posix()}": file for file in found if is_plain(file)}


def is_plain(file: Path) -> bool:
    """Whether it is a file of the folder itself: no link to another one, no pipe."""
    return file.is_file() and not file.is_symlink()


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    try:
        data = file.open("rb")
    except OSError as problem:
        raise UsageError(f"cannot read `{file}`: {problem.strerror}") from problem
    with data:
        yield data


def listing(namespace: str) -> list[tuple[str, int]]:
    """Path and size of each file of a namespace. Raises `UsageError`, `StoreError`."""
    folder = namespace_uri(checked(namespace))
    with the_storage() as storage:
        return [(uri.removeprefix(f"{folder}/"), storage.size(uri)) for uri in storage.files(folder)]


@contextmanager
def reading(namespace: str, path: str) -> Iterator[BinaryIO]:
    """A file of a namespace. Raises `UsageError`, `StoreError`."""
    with the_storage() as storage, storage.open(found(namespace, path)) as file:
        yield file


def delete(namespace: str, paths: Sequence[str]) -> None:
    """Delete files, all of them or none. Raises `UsageError`, `StoreError`."""
    uris = [found(namespace, path) for path in paths]
    with the_storage() as storage:
        for uri in uris:
            storage.delete(uri)


def found(namespace: str, path: str) -> str:
    """The URI of a file that is there. Raises `UsageError`, `StoreError`."""
    names = [name for name, _ in listing(namespace)]
    if path.lstrip("/") not in names:
        hint = did_you_mean(path, names) or f"`flowrun files list {namespace}` shows them"
        raise UsageError(f"there is no file `{path}` in namespace `{namespace}`", hint=hint)
    return namespace_uri(namespace, path)


def checked(name: str) -> str:
    """A path or namespace that leads nowhere else. Raises `UsageError`."""
    if not {"", ".", ".."}.isdisjoint(name.strip("/").split("/")):
        raise UsageError(f"`{name}` cannot be the path of a stored file")
    return name


@contextmanager
def the_storage() -> Iterator[FolderStorage]:
    """The storage of the store. Raises `StoreError`."""
    folder = home_folder()
    with told_as_store_error(folder):
        yield FolderStorage(folder / FOLDER)
