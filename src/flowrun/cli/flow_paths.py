"""Which files the PATH arguments of a command mean: files, folders, patterns, the standard input."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.cli.flow_file import find_flow_file, flow_files
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

WILDCARDS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class FlowPath:
    """A file to look at. `named`: by its own name, so it should be a flow; not by a folder or a pattern."""

    path: str
    named: bool


def flow_paths(arguments: Iterable[str]) -> list[FlowPath]:
    """The files that the arguments mean, in their order, each once. Raises `UsageError` where one means none."""
    found: dict[str, FlowPath] = {}
    for argument in arguments:
        for one in meant_by(argument):
            key = one.path if one.path == "-" else os.path.realpath(one.path)
            if key not in found or (one.named and not found[key].named):
                found[key] = one
    return list(found.values())


def meant_by(argument: str) -> list[FlowPath]:
    """The files of one argument."""
    if Path(argument).is_dir():
        inside = in_folder(argument)
        if not inside:
            raise UsageError(f"there are no flow files (.yaml, .yml) in `{argument}`")
        return inside
    if WILDCARDS.intersection(argument) and not Path(argument).exists():
        return matching(argument)
    return [FlowPath(find_flow_file(argument), named=True)]


def in_folder(folder: str) -> list[FlowPath]:
    """The flow files of a folder and of those below it."""
    return [FlowPath(str(path), named=False) for path in flow_files(Path(folder), deep=True)]


def matching(pattern: str) -> list[FlowPath]:
    """The files that a pattern means: `**` stands for any folders. Hidden ones are left out, as in a shell."""
    from glob import glob

    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207 - pathlib's looks into hidden folders
    files = [
        one for path in found for one in (in_folder(path) if Path(path).is_dir() else [FlowPath(path, named=False)])
    ]
    if not files:
        raise UsageError(f"no file matches `{pattern}`")
    return files
