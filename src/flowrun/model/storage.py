"""Internal storage: what `kestra:///` URIs name, and how they are made (flow reference, 11.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

SCHEME = "kestra://"


class Storage(Protocol):
    """Files by URI. All methods raise `OSError`; so they do for a URI that leads out of the storage."""

    def open(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """The file, to be read."""
        ...

    def size(self, uri: str) -> int:
        """Bytes of the file."""
        ...

    def put(self, uri: str, source: BinaryIO) -> None:
        """Keep a copy of all that `source` gives; only its owner may read it."""
        ...


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


def slug(name: str) -> str:
    """The id of a flow or task in URIs: `My_Flow.v2` is `my-flowv2`."""
    return name.replace(".", "").replace("_", "-").lower()
