"""The stored files that the templates of an execution may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.errors import TemplateError
from flowrun.model.storage import SCHEME, execution_uri
from flowrun.template.limits import LONGEST_TEXT

if TYPE_CHECKING:
    from flowrun.model.execution import Execution
    from flowrun.model.storage import Storage


class ExecutionFiles:
    """The files below the execution's own folder. All methods raise `TemplateError`."""

    def __init__(self, storage: Storage, execution: Execution) -> None:
        self.storage = storage
        self.folder = execution_uri(execution.namespace, execution.flow_id, execution.id)

    def read(self, uri: str) -> str:
        """The text of a file; what is no UTF-8 in it reads as `�`."""
        size = self.size(uri)
        if size > LONGEST_TEXT:
            raise TemplateError(f"the file {uri} has {size} bytes, and `read` takes {LONGEST_TEXT} at the most")
        try:
            with self.storage.open(self.own(uri)) as file:
                return file.read().decode(errors="replace")
        except OSError as problem:
            raise TemplateError(f"{uri} ({problem.strerror})") from problem

    def size(self, uri: str) -> int:
        """Bytes of a file."""
        try:
            return self.storage.size(self.own(uri))
        except OSError as problem:
            raise TemplateError(f"{uri} ({problem.strerror})") from problem

    def exists(self, uri: str) -> bool:
        """Whether there is such a file."""
        try:
            return self.storage.size(self.own(uri)) >= 0
        except OSError:
            return False

    def own(self, uri: str) -> str:
        """The URI, if it names a file of this execution."""
        if not uri.startswith(f"{self.folder}/") or "/../" in uri:
            raise TemplateError(f"Unable to read the file '{uri}' as it is not an execution file")
        return uri


def is_stored(path: str) -> bool:
    """Whether a path that a template names is a file of the internal storage, and not of the namespace."""
    return path.startswith(SCHEME)
