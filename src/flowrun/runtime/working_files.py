"""Files that go into the folder of a task before its work, and out of it after that (flow reference, 7.3)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed
from flowrun.model.globs import compiled, has_kind
from flowrun.model.namespace_files import FileExistComportment, NamespaceFiles, matching_files
from flowrun.model.storage import namespace_uri
from flowrun.runtime.ids import new_id
from flowrun.template.json_text import read_property
from flowrun.template.values import class_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from flowrun.model.storage import Storage
    from flowrun.model.workplace import Workplace

NSFILE = "nsfile://"
NO_LOCAL_FILES = "Only files inside the working directory are allowed by default."


def leave_folder(folder: Path, task_id: str, workplace: Workplace, *, failed: bool) -> None:
    """The task of a working directory has ended: remove it, unless it is to stay."""
    if workplace.keeps(failed=failed):
        workplace.kept.append((task_id, folder))
    else:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, also what a script has closed to its owner, as caches of packages are."""
    try:
        folder.rmdir()  # most tasks leave nothing in it, and to walk through it costs more than that
    except OSError:
        pass
    else:
        return
    from shutil import rmtree

    rmtree(folder, ignore_errors=True)
    if folder.is_dir() and not folder.is_symlink():
        for parent, names, _ in os.walk(folder):
            for inner in (Path(parent, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
        rmtree(folder, ignore_errors=True)


def load_namespace_files(folder: Path, storage: Storage, own: str, wanted: NamespaceFiles) -> tuple[int, list[str]]:
    """Copy files of namespaces into a folder. How many there were, and of which namespaces.

    Raises `TaskFailed`, `OSError`.
    """
    namespaces = wanted.namespaces or [own]
    loaded = 0
    for namespace in namespaces:
        for path in matching_files(storage, namespace, wanted.include, wanted.exclude):
            target = inside(folder, f"{namespace}{path}" if wanted.folder_per_namespace else path[1:])
            loaded += 1
            if target.exists() and wanted.if_exists is not FileExistComportment.OVERWRITE:
                if wanted.if_exists is FileExistComportment.FAIL:
                    raise TaskFailed(f"Error while loading namespace files: the file `{path[1:]}` exists already")
                continue
            with storage.open(namespace_uri(namespace, path)) as file:
                write_file(target, file)
    return loaded, namespaces


def write_input_files(folder: Path, storage: Storage, own: str, given: Mapping[str, Any] | str) -> None:
    """Write files by their names: texts, or copies of what URIs name. Raises `TaskFailed`, `OSError`."""
    for name, content in contents(given).items():
        target = inside(folder, name)
        uri = stored_uri(content or "", own)
        if uri is None:
            write_file(target, BytesIO((content or "").encode()))
        else:
            copy_stored(storage, uri, target)


def contents(given: Mapping[str, Any] | str) -> dict[str, str | None]:
    """The content of each file, None for an empty one. Raises `TaskFailed` for what is no map of texts."""
    files: Any = read_property(given) if isinstance(given, str) else given
    from_text = isinstance(given, str)
    if not isinstance(files, Mapping):
        wanted = "java.util.LinkedHashMap<java.lang.String,java.lang.String>"
        refusal = f"Cannot deserialize value of type `{wanted}` from `{given}`"
        raise TaskFailed(refusal if from_text else f"Invalid `files` properties with type 'class {class_name(files)}'")
    return {str(name): content_of(name, content, from_text=from_text) for name, content in files.items()}


def content_of(name: str, content: Any, *, from_text: bool) -> str | None:
    if content is None or isinstance(content, str):
        return content
    if from_text and isinstance(content, bool | int | float):
        return str(content).lower()
    wanted, given = "java.lang.String", class_name(content)
    if from_text:
        raise TaskFailed(f"Cannot deserialize value of type `{wanted}` from a value of the file `{name}`")
    where = f"{given} and {wanted} are in module java.base of loader 'bootstrap'"
    raise TaskFailed(f"class {given} cannot be cast to class {wanted} ({where})")


def stored_uri(content: str, own: str) -> str | None:
    """The URI of the stored file that a content stands for; None for a text. Raises `TaskFailed`."""
    if content.startswith("kestra://"):
        return content
    if content.startswith(NSFILE):
        namespace, _, path = content.removeprefix(NSFILE).partition("/")
        return namespace_uri(namespace or own, path)
    if content.startswith("file://"):
        raise TaskFailed(f"The path {content.removeprefix('file://')} is not authorized. {NO_LOCAL_FILES}")
    return None


def copy_stored(storage: Storage, uri: str, target: Path) -> None:
    """Copy a stored file. Raises `TaskFailed`, `OSError`."""
    try:
        opened = storage.open(uri)
    except OSError as problem:
        raise TaskFailed(f"{problem.filename} ({problem.strerror})") from problem
    with opened as file:
        write_file(target, file)


def write_file(target: Path, source: BinaryIO) -> None:
    """Write a new file in the place of what is there, which may be a pipe that nobody reads. Raises `OSError`."""
    from shutil import copyfileobj

    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with target.open("wb") as file:
        copyfileobj(source, file, 1 << 20)


def inside(folder: Path, name: str) -> Path:
    """The path of a file in a folder. Raises `TaskFailed` for one that leads out of it, symbolic links followed."""
    path = folder / name
    out = name.startswith("/") or ".." in name.split("/") or not name
    if out or not path.resolve().is_relative_to(folder.resolve()):
        raise TaskFailed("The path to resolve must be a relative path inside the current working directory.")
    return path


def matching(folder: Path, globs: Sequence[str | None]) -> dict[str, Path]:
    """The files of a folder that match, by their paths in it; symbolic links are left out. Raises `TaskFailed`."""
    if folder.is_symlink():  # a script has put it there: the files behind it are none of this folder
        raise TaskFailed("The working directory has been replaced by a symbolic link.")
    patterns = [compiled(one if has_kind(one) else f"/{one.removeprefix('/')}") for one in globs if one]
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    files = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file() and not path.is_symlink()}
    return {name: path for name, path in sorted(files.items()) if any(one.fullmatch(f"/{name}") for one in patterns)}


def stored_name(name: str) -> str:
    """A name for a captured file: unique, as files of several folders lie in one, and without what a URI cannot have."""
    return f"{new_id()}-{re.sub('[^A-Za-z0-9._~+=-]', '_', Path(name).name)}"
