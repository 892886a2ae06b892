"""What a running task sees of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from flowrun.model.executions import Executions
    from flowrun.model.http_exchange import HttpAnswer, HttpCall
    from flowrun.model.key_values import KeyValues
    from flowrun.model.log import LogLevel
    from flowrun.model.namespace_files import NamespaceFiles
    from flowrun.model.storage import Storage
    from flowrun.model.task import BodyResult, RunnableTask, Task
    from flowrun.model.workplace import Workplace


class RunContext(Protocol):
    """Given to `RunnableTask.run` for one attempt; made by `runtime`."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """What templates of this task see: `inputs`, `outputs`, `vars`, `taskrun`, …"""
        ...

    @property
    def cancelled(self) -> bool:
        """True once the attempt should end: a timeout, a kill, Ctrl-C. Long work asks now and then."""
        ...

    def log(self, level: LogLevel, message: str) -> None:
        """Write a line to the execution's log, under this task."""
        ...

    def log_lines(self, level: LogLevel, messages: Sequence[str]) -> None:
        """Write several lines at once."""
        ...

    def run_process(
        self,
        command: Sequence[str],
        on_lines: Callable[[list[str], bool], None],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> int:
        """Run a command to its end and return its exit code.

        `on_lines` gets the lines that came at once, and whether they are from stderr.

        One that signal N ended has the code 128 + N.

        The whole process group ends with the attempt: SIGTERM when it is cancelled, a grace, SIGKILL.
        `environment` and `folder`: as of flowrun itself when not given. Raises `TaskFailed` when it cannot be started.
        """
        ...

    def send(self, call: HttpCall, into: BinaryIO, *, limit: int | None = None) -> HttpAnswer:
        """Send an HTTP request; the body of the answer is written to `into`, at most `limit` bytes.

        Ends when the attempt is cancelled. Raises `TaskFailed` when there is no answer or too much of it; a code such as 404 is one.
        """
        ...

    def seal(self, text: str) -> Mapping[str, str]:
        """The text as an output that holds it encrypted; templates see it in the clear, and logs masked."""
        ...

    def render(self, source: str, variables: Mapping[str, Any] | None = None) -> str:
        """Render a template to text; `variables` go over those of the task. Raises `TemplateError`."""
        ...

    def evaluate(self, source: str) -> Any:
        """The value of a template, with its type. Raises `TemplateError`."""
        ...

    def now(self) -> datetime:
        """The present moment by the run's clock, which virtual time moves."""
        ...

    @property
    def executions(self) -> Executions:
        """The executions that are kept, this one among them."""
        ...

    def build_task(self, text: str) -> Task | None:
        """The task that a YAML text describes, with the id of this one; None for what is no map.

        Raises `TaskFailed` in the words of the server's parser.
        """
        ...

    def run_task(self, task: RunnableTask) -> BodyResult:
        """Run the body of another task in the place of this one; its templates see what those of this one do."""
        ...

    @property
    def kv(self) -> KeyValues:
        """The key-value pairs of all namespaces."""
        ...

    @property
    def execution_folder(self) -> str:
        """The URI of the folder in `storage` that holds the files of the execution."""
        ...

    @property
    def storage(self) -> Storage:
        """The internal storage: what `kestra:///` URIs name."""
        ...

    @property
    def working_dir(self) -> Path:
        """A folder for this attempt alone, made on first use and removed when the attempt is over.

        Inside a WorkingDirectory it is the one that its tasks share.
        """
        ...

    def put_file(self, source: BinaryIO, name: str) -> str:
        """Keep a file as an output of this task run; its URI. Raises `OSError`."""
        ...

    def load_namespace_files(self, namespace_files: NamespaceFiles) -> None:
        """Copy the files of namespaces that are asked for into the working folder. Raises `TaskFailed`, `OSError`."""
        ...

    def write_input_files(self, input_files: Mapping[str, Any] | str) -> None:
        """Write files into the working folder: a map (or its JSON text) of names and contents, rendered already.

        A content that is the URI of a stored file stands for that file. Raises `TaskFailed`, `OSError`.
        """
        ...

    def working_files(self, globs: Sequence[str | None]) -> dict[str, Path]:
        """The files of the working folder that match, by their paths in it: symbolic links are none.

        Globs are Java's; a null is none. Raises `TaskFailed`.
        """
        ...

    def capture_output_files(self, globs: Sequence[str | None]) -> dict[str, str]:
        """Keep the files that match, as in `working_files`, as outputs of this task run: path → URI.

        Raises `TaskFailed`, `OSError`.
        """
        ...

    @property
    def workplace(self) -> Workplace:
        """Where processes run, and what is kept for them."""
        ...
