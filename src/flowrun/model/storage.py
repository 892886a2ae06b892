"""Internal storage: what `kestra:///` URIs name, and how they are made (flow reference, 11.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Protocol

from flowrun.errors import TaskFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

SCHEME = "kestra://"


class Storage(Protocol):
    """Files by URI, safe for several threads. All methods raise `OSError`; so they do for a URI that leads out of the storage."""

    def open(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """The file, to be read."""
        ...

    def exists(self, uri: str) -> bool:
        """Whether there is such a file or folder."""
        ...

    def size(self, uri: str) -> int:
        """Bytes of the file; 0 for a folder."""
        ...

    def modified(self, uri: str) -> datetime:
        """When the file was written last."""
        ...

    def put(self, uri: str, source: BinaryIO) -> None:
        """Keep a copy of all that `source` gives; only its owner may read it."""
        ...

    def delete(self, uri: str) -> list[str]:
        """Delete a file, or a folder after all that is in it. The URIs of what was deleted, in this order."""
        ...

    def files(self, uri: str) -> list[str]:
        """The URIs of all files below a folder, sorted; none when there is no such folder."""
        ...

    def folders(self, uri: str) -> Iterator[str]:
        """The URIs of the folders right in a folder, in no order; `SCHEME` is that of the storage itself."""
        ...


def checked_uri(text: str) -> str:
    """A text that is to be the URI of a stored file. Raises `TaskFailed` in the server's words."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    if scheme is None:
        raise TaskFailed(f"Invalid internal storage uri, got uri '{text}'")
    if f"{scheme[1]}://" != SCHEME:
        raise TaskFailed(f"Invalid internal storage scheme, got uri '{text}'")
    if ".." in text.split("/"):
        raise TaskFailed("File should be accessed with their full path and not using relative '..' path.")
    return text


def execution_uri(namespace: str, flow_id: str, execution_id: str) -> str:
    """The folder of all files of an execution."""
    return f"{SCHEME}/{namespace.replace('.', '/')}/{slug(flow_id)}/executions/{execution_id}"


def input_uri(folder: str, input_id: str, path: str) -> str:
    """Where the file that an input was given is kept. `folder`: that of the execution.

    The server takes the name for a part of a URI: what it does not like in one is left out, from `?` or `#` on all.
    """
    name = re.split("[?#]", path.rstrip("/").rpartition("/")[2])[0].replace(":", "")
    return f"{folder}/inputs/{input_id}/{name}"


def output_uri(folder: str, task_id: str, task_run_id: str, name: str) -> str:
    """Where a file that a task run makes is kept. `folder`: that of the execution."""
    return f"{folder}/tasks/{slug(task_id)}/{task_run_id}/{name}"


def namespace_uri(namespace: str, path: str = "") -> str:
    """The URI of a file of a namespace; without a path that of their folder."""
    folder = f"{SCHEME}/{namespace.replace('.', '/')}/_files"
    return f"{folder}/{path.lstrip('/')}" if path else folder


def slug(name: str) -> str:
    """The id of a flow or task in URIs: `My_Flow.v2` is `my-flowv2`."""
    return name.replace(".", "").replace("_", "-").lower()
