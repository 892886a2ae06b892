"""What is stored that an execution may reach: files of executions and namespaces, key-value pairs, secrets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed, TemplateError
from flowrun.model.durations import format_duration
from flowrun.model.storage import SCHEME, execution_uri, namespace_uri
from flowrun.runtime.secrets import Secrets
from flowrun.template import to_text
from flowrun.template.limits import LONGEST_TEXT

if TYPE_CHECKING:
    from datetime import datetime

    from flowrun.model.execution import Execution
    from flowrun.model.key_values import KeyValues
    from flowrun.model.storage import Storage

OF_A_TASK = rf"(?s){SCHEME}/.*/.*/executions/.*/tasks/.*/.*"
"""A file that a task of any execution has made, as the server knows it. What inputs gave belongs to its execution alone."""

OF_A_NAMESPACE = r"(?s)nsfile://([^/]*)/(.*)"

NO_LOCAL_FILES = "give it as an input of type FILE, or as a file of the namespace (`--namespace-files`)"


class FlowFiles:
    """What the templates of a flow may ask. All methods raise `TemplateError`.

    A path is a URI, or names a file of the namespace. Without `pairs` there are none.
    """

    def __init__(
        self, storage: Storage, namespace: str, pairs: KeyValues | None = None, secrets: Secrets | None = None
    ) -> None:
        self.storage = storage
        self.pairs = pairs
        self.secrets = secrets or Secrets()
        self.namespace = namespace

    def read(self, path: str, namespace: str | None = None) -> str:
        """The text of a file; what is no UTF-8 in it reads as `�`."""
        uri = self.uri(path, namespace)
        size = self.bytes_of(uri, path, namespace)
        if size > LONGEST_TEXT:
            raise TemplateError(f"the file {uri} has {size} bytes, and `read` takes {LONGEST_TEXT} at the most")
        try:
            with self.storage.open(uri) as file:
                return file.read().decode(errors="replace")
        except OSError as problem:
            raise TemplateError(f"{problem.filename} ({problem.strerror})") from problem

    def size(self, path: str, namespace: str | None = None) -> int:
        """Bytes of a file, 0 for a folder."""
        return self.bytes_of(self.uri(path, namespace), path, namespace, reason=False)

    def is_empty(self, path: str, namespace: str | None = None) -> bool:
        """Whether a file has no bytes."""
        return self.bytes_of(self.uri(path, namespace), path, namespace) == 0

    def exists(self, path: str, namespace: str | None = None) -> bool:
        """Whether there is such a file."""
        try:
            return self.storage.size(self.uri(path, namespace)) >= 0
        except OSError:
            return False

    def bytes_of(self, uri: str, path: str, namespace: str | None, *, reason: bool = True) -> int:
        """Bytes of a file. `reason`: whether the error of a missing one says why."""
        try:
            return self.storage.size(uri)
        except OSError as problem:
            if SCHEME in path:
                raise TemplateError(f"{problem.filename}{f' ({problem.strerror})' * reason}") from problem
            place = namespace or self.namespace
            inner = uri.removeprefix(namespace_uri(place))
            raise TemplateError(f"File '{inner}' was not found in namespace '{place}'.") from problem

    def uri(self, path: str, namespace: str | None = None) -> str:
        """The URI of the file that a path names: one of an execution, or of a namespace."""
        if not isinstance(path, str):  # a template may give anything
            raise TemplateError(f"Unable to read the file {to_text(path)}")
        if path.startswith(f"{SCHEME}/"):
            if not self.may_read(path):
                raise TemplateError(f"Unable to read the file '{path}' as it is not an execution file")
            uri = path
        elif found := re.fullmatch(OF_A_NAMESPACE, path):
            uri = namespace_uri(found[1] or self.namespace, found[2])
        elif path.startswith("file://"):
            raise TemplateError(f"The path {path.removeprefix('file://')} is not authorized.", hint=NO_LOCAL_FILES)
        elif "://" in path:
            raise TemplateError(f"Cannot process the URI {path}: scheme not supported.")
        else:
            uri = namespace_uri(namespace or self.namespace, path)
        if ".." in uri.split("/"):
            raise TemplateError("File should be accessed with their full path and not using relative '..' path.")
        return uri

    def may_read(self, uri: str) -> bool:
        """Whether a file may be read by its URI."""
        return uri.startswith(f"{namespace_uri(self.namespace)}/") or re.fullmatch(OF_A_TASK, uri) is not None

    def kv(self, key: str, now: datetime, namespace: str | None, *, error_on_missing: bool) -> Any:
        """The value of a pair. Without a namespace that of the flow is looked through, and those around it."""
        from flowrun.model.key_values import Expired, checked_namespace, look_up

        assert self.pairs is not None
        try:
            place = checked_namespace(self.pairs, namespace, self.namespace)
            found = look_up(self.pairs, place, key, now, above=namespace is None)
        except Expired as problem:
            if error_on_missing:
                raise TemplateError(str(problem)) from problem
            return None
        except TaskFailed as problem:
            raise TemplateError(str(problem)) from problem
        if found is None and error_on_missing:
            raise TemplateError(f"The key '{key}' does not exist in the namespace '{place}'.")
        value = found.value if found else None
        return format_duration(value) if isinstance(value, timedelta) else value


class ExecutionFiles(FlowFiles):
    """As `FlowFiles`, with the `folder` of an execution: the URI under which its own files are."""

    def __init__(
        self, storage: Storage, execution: Execution, pairs: KeyValues | None = None, secrets: Secrets | None = None
    ) -> None:
        super().__init__(storage, execution.namespace, pairs, secrets)
        self.folder = execution_uri(execution.namespace, execution.flow_id, execution.id)
        caller = (execution.trigger or {}).get("variables") or {}
        names = [str(caller.get(name)) for name in ("namespace", "flowId", "executionId")]
        self.folders = [self.folder]
        if "executionId" in caller:
            self.folders.append(execution_uri(*names))
        if execution.parent_id:  # what is copied into a replay names files of the one before, or of one before that
            self.folders.append(self.folder.rpartition("/")[0])

    def may_read(self, uri: str) -> bool:
        """Also the files of the execution itself, of the one that started it, and of those that it replays."""
        return super().may_read(uri) or uri.startswith(tuple(f"{folder}/" for folder in self.folders))
