"""What the body of a task is given: see `flowrun.model.run_context`."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed
from flowrun.model.durations import format_clock
from flowrun.model.execution import ENCRYPTED
from flowrun.model.log import LogLevel
from flowrun.model.storage import output_uri
from flowrun.model.workplace import HERE
from flowrun.runtime.properties import render_properties
from flowrun.template import evaluate, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from flowrun.model.execution import TaskRun
    from flowrun.model.executions import Executions
    from flowrun.model.http_exchange import HttpAnswer, HttpCall
    from flowrun.model.key_values import KeyValues
    from flowrun.model.namespace_files import NamespaceFiles
    from flowrun.model.storage import Storage
    from flowrun.model.task import BodyResult, RunnableTask, Task
    from flowrun.model.workplace import Workplace
    from flowrun.runtime.files import ExecutionFiles
    from flowrun.runtime.process import ChildProcess
    from flowrun.runtime.provided import Provided
    from flowrun.template import Host

LONGEST_MESSAGE = 15_000

GRACE = 5.0
"""Seconds that a cancelled body has until its processes get SIGKILL."""

GIVE_UP = GRACE + 1
"""Seconds after which a cancelled body is not waited for any more."""


class TaskRunContext:
    """The `RunContext` of one attempt. `write` takes a level and messages, from any thread.

    `folder`: a working directory that others share; it is not removed.
    """

    def __init__(
        self,
        task_run: TaskRun,
        variables: Mapping[str, Any],
        host: Host,
        write: Callable[[TaskRun, LogLevel, Sequence[str]], None],
        files: ExecutionFiles,
        *,
        seal: Callable[[str], str] = str,
        provided: Provided | None = None,
        workplace: Workplace = HERE,
        folder: Path | None = None,
    ) -> None:
        self.task_run = task_run
        self.files = files
        self.variables = variables
        self.host = host
        self.provided = provided
        self.cancelled = False
        self.given_up_at = 0.0
        self._write = write
        self._seal = seal
        self._children: list[ChildProcess] = []
        self._starting = Lock()
        self.workplace = workplace
        self._given = folder
        self._folder: Path | None = None

    def log(self, level: LogLevel, message: str) -> None:
        self.log_lines(level, [message])

    def log_lines(self, level: LogLevel, messages: Sequence[str]) -> None:
        """Messages of more than 15,000 characters are split, as on the server."""
        if max(map(len, messages)) > LONGEST_MESSAGE:
            messages = [part for one in messages for part in parts(one)]
        self._write(self.task_run, level, messages)

    def render(self, source: str, variables: Mapping[str, Any] | None = None) -> str:
        return render(source, {**self.variables, **variables} if variables else self.variables, self.host)

    def evaluate(self, source: str) -> Any:
        return evaluate(source, self.variables, self.host)

    def now(self) -> datetime:
        return self.host.now()

    @property
    def executions(self) -> Executions:
        assert self.provided is not None
        return self.provided.executions

    def build_task(self, text: str) -> Task | None:
        assert self.provided is not None
        return self.provided.build_task(text, self.task_run.task_id)

    def run_task(self, task: RunnableTask) -> BodyResult:
        variables = {**self.variables, **task.own_variables(self)}
        return render_properties(task, variables, self.host).run(self)

    @property
    def kv(self) -> KeyValues:
        assert self.files.pairs is not None
        return self.files.pairs

    def run_process(
        self,
        command: Sequence[str],
        on_lines: Callable[[list[str], bool], None],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> int:
        from flowrun.runtime.process import ChildProcess

        with self._starting:
            if self.cancelled:
                raise TaskFailed(f'Cannot run program "{command[0]}": the task was told to end')
            child = ChildProcess(command, environment, folder)
            self._children.append(child)
        self.log(LogLevel.DEBUG, f"Starting command with pid {child.popen.pid} [{' '.join(command)}]")
        return child.wait(on_lines)

    def send(self, call: HttpCall, into: BinaryIO, *, limit: int | None = None) -> HttpAnswer:
        self.workplace.use_network(f"task `{self.task_run.task_id}`", f"send a request to {call.uri}")
        from flowrun.runtime.http_client import send
        from flowrun.runtime.http_failures import ExchangeFailed

        try:
            return send(call, into, limit=limit, log=self.log, cancelled=lambda: self.cancelled)
        except ExchangeFailed as failure:
            self.log(LogLevel.ERROR, failure.message.partition("\n")[0])
            raise

    def seal(self, text: str) -> Mapping[str, str]:
        return {"value": self._seal(text), "type": ENCRYPTED}

    @property
    def storage(self) -> Storage:
        return self.files.storage

    @property
    def working_dir(self) -> Path:
        if self._given is not None:
            return self._given
        if self._folder is None:
            from pathlib import Path
            from tempfile import mkdtemp

            self._folder = Path(mkdtemp(prefix="flowrun-"))
        return self._folder

    def share(self, folder: Path) -> None:
        """Work in a directory that others share."""
        self._given = folder

    def put_file(self, source: BinaryIO, name: str) -> str:
        uri = output_uri(self.files.folder, self.task_run.task_id, self.task_run.id, name)
        self.storage.put(uri, source)
        return uri

    @property
    def execution_folder(self) -> str:
        return self.files.folder

    def load_namespace_files(self, namespace_files: NamespaceFiles) -> None:
        """As in `RunContext`. The server tells how many there were, and how long it took."""
        from flowrun.runtime.properties import render_properties
        from flowrun.runtime.working_files import load_namespace_files

        wanted = render_properties(namespace_files, self.variables, self.host)
        if not wanted.enabled:
            return
        began = monotonic()
        count, namespaces = load_namespace_files(self.working_dir, self.storage, self.files.namespace, wanted)
        took = format_clock(timedelta(seconds=monotonic() - began))
        self.log(LogLevel.INFO, f"Loaded {count} namespace files from '{', '.join(namespaces)}' in {took}")

    def write_input_files(self, input_files: Mapping[str, Any] | str) -> None:
        from flowrun.runtime.working_files import write_input_files

        write_input_files(self.working_dir, self.storage, self.files.namespace, input_files)

    def working_files(self, globs: Sequence[str | None]) -> dict[str, Path]:
        from flowrun.runtime.working_files import matching

        return matching(self.working_dir, globs)

    def capture_output_files(self, globs: Sequence[str | None]) -> dict[str, str]:
        from flowrun.runtime.working_files import stored_name

        kept = {}
        for name, path in self.working_files(globs).items():
            with path.open("rb") as file:
                kept[name] = self.put_file(file, stored_name(name))
        return kept

    def clear(self, *, failed: bool = False) -> None:
        """Remove what the attempt leaves behind; to be called when its body has ended, or is not waited for."""
        folder, self._folder = self._folder, None
        if folder is not None:
            from flowrun.runtime.working_files import leave_folder

            leave_folder(folder, self.task_run.task_id, self.workplace, failed=failed)

    def cancel(self) -> None:
        """Tell the body to end; its processes get SIGTERM, and SIGKILL after a grace. Called by the loop's thread."""
        self.given_up_at = monotonic() + GIVE_UP
        for child in self._close():
            child.terminate()

    def end(self) -> None:
        """Kill what is left of its processes."""
        for child in self._close():
            child.kill()

    def _close(self) -> list[ChildProcess]:
        """From here on no process starts. Returns all that did: one that is just starting is waited for."""
        with self._starting:
            self.cancelled = True
            return list(self._children)


def parts(message: str) -> list[str]:
    """The message in parts that are not too long."""
    return [message[start : start + LONGEST_MESSAGE] for start in range(0, len(message) or 1, LONGEST_MESSAGE)]
