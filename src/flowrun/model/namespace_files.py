"""Files of namespaces: where they are, which a pattern means, and what a task gets of them (flow reference, 6.2 and 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flowrun.model.globs import compiled, has_kind
from flowrun.model.properties import Templated
from flowrun.model.storage import namespace_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.model.storage import Storage


class FileExistComportment(StrEnum):
    """What happens to a file that is there already."""

    OVERWRITE = "OVERWRITE"
    FAIL = "FAIL"
    WARN = "WARN"
    IGNORE = "IGNORE"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceFiles:
    """Which files: all, or those that match `include` and not `exclude`; of several namespaces the last one wins."""

    enabled: Templated[bool] = True
    include: Templated[list[str] | None] = None
    exclude: Templated[list[str] | None] = None
    namespaces: Templated[list[str] | None] = None
    if_exists: Templated[FileExistComportment] = FileExistComportment.OVERWRITE
    folder_per_namespace: Templated[bool] = False


def matching_files(
    storage: Storage, namespace: str, include: Sequence[str] | None, exclude: Sequence[str] | None = None
) -> list[str]:
    """The paths, each with a `/` in front, of a namespace's files that match; without `include` of all.

    A pattern that begins neither with `/` nor with `*` may begin at any folder. Raises `TaskFailed`, `OSError`.
    """
    folder = namespace_uri(namespace)
    paths = [uri.removeprefix(folder) for uri in storage.files(folder)]
    wanted, unwanted = ([compiled(anywhere(one)) for one in patterns or ()] for patterns in (include, exclude))
    return [
        path
        for path in paths
        if (include is None or any(one.fullmatch(path) for one in wanted))
        and not any(one.fullmatch(path) for one in unwanted)
    ]


def anywhere(pattern: str) -> str:
    return pattern if has_kind(pattern) or pattern.startswith(("/", "*")) else f"**/{pattern}"
