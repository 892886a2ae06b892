"""Files that a task finds in its working directory, and those of it that are kept (flow reference, 7.3)."""

from __future__ import annotations

import json
import re
import shutil
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed
from flowrun.model.storage import SCHEME
from flowrun.runtime.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from flowrun.model.run_context import RunContext
    from flowrun.model.storage import Storage

NO_LOCAL_FILES = "Only files inside the working directory are allowed by default."
OUTSIDE = "The path to resolve must be a relative path inside the current working directory."


def write_input_files(input_files: Any, folder: Path, storage: Storage) -> None:
    """Write files into a folder: a map of name → content, or JSON text of one. Raises `TaskFailed`.

    A `kestra://` URI as content stands for that file; null for no file (in JSON text: for an empty one).
    """
    for name, content in contents(input_files).items():
        path = folder / inner(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened(content, storage) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        except OSError as problem:
            raise TaskFailed(f"{content if is_stored(content) else name} ({problem.strerror})") from problem


def contents(input_files: Any) -> dict[str, str]:
    """Name → content."""
    if isinstance(input_files, str):
        try:
            given = json.loads(input_files)
        except ValueError as problem:
            raise TaskFailed(f"inputFiles: no JSON of a map: {problem}") from problem
        checked = checked_map(given)
        return {name: "" if content is None else text(content) for name, content in checked.items()}
    return {name: text(content) for name, content in checked_map(input_files).items() if content is not None}


def checked_map(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TaskFailed("inputFiles: a map of names and contents is wanted")
    return value


def text(content: Any) -> str:
    if not isinstance(content, str):
        raise TaskFailed(f"inputFiles: the content of a file is a text, not {json.dumps(content)[:100]}")
    return content


def inner(name: str) -> PurePosixPath:
    """A path that stays in the folder. Raises `TaskFailed`."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or "\0" in name:
        raise TaskFailed(OUTSIDE)
    return path


def is_stored(content: str) -> bool:
    return content.startswith(SCHEME)


def opened(content: str, storage: Storage) -> Any:
    """What is to be copied, open for reading. Raises `TaskFailed` for a file of this machine."""
    if content.startswith("file://"):
        raise TaskFailed(f"The path {content.removeprefix('file://')} is not authorized. {NO_LOCAL_FILES}")
    if content.startswith("nsfile://"):
        raise TaskFailed(f"flowrun cannot load files of the namespace yet: {content}")
    return storage.open(content) if is_stored(content) else BytesIO(content.encode())


def captured(globs: Sequence[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder that match, by their relative path. Links are not followed."""
    patterns = [re.compile(as_regex(glob)) for glob in globs]
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and any(one.fullmatch(name) for one in patterns):
            yield name, path


def keep_output_files(globs: Sequence[str], ctx: RunContext) -> dict[str, str]:
    """Keep what matches; relative path → URI. Raises `OSError`."""
    kept = {}
    for name, path in captured(globs, ctx.working_dir):
        with path.open("rb") as file:
            kept[name] = ctx.put_file(file, stored_name(path.name))
    return kept


def stored_name(name: str) -> str:
    """A name that is unique, as files of several folders lie in one, and safe in a URI."""
    return f"{new_id()}-{re.sub('[^A-Za-z0-9._~+=-]', '_', name)}"


def as_regex(glob: str) -> str:
    """A glob of Java as a regular expression: `*` and `?` stay in a folder, `**` does not; `{a,b}`, `[a-c]`."""
    pieces = re.findall(r"\*\*|\[!?[^\]/]+\]|\{[^{}]*\}|\\.|.", glob, re.DOTALL)
    return "".join(map(piece_as_regex, pieces))


def piece_as_regex(piece: str) -> str:
    if piece in GLOB:
        return GLOB[piece]
    if len(piece) > 1 and piece[0] == "[":
        body = piece[1:-1]
        negated = body.startswith("!")
        return f"[{'^/' if negated else ''}{re.escape(body[negated:]).replace(chr(92) + '-', '-')}]"
    if len(piece) > 1 and piece[0] == "{":
        return "(?:" + "|".join(map(as_regex, piece[1:-1].split(","))) + ")"
    return re.escape(piece[1] if len(piece) == 2 and piece[0] == chr(92) else piece)


GLOB = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
