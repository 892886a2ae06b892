"""Child processes of a task: each in a process group of its own, so that all of it can be ended."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from flowrun.errors import TaskFailed
from flowrun.runtime.run_context import GRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


LONGEST_LINE = 16_000_000
"""Characters of a line: one that goes on is taken for several, as no process may fill the memory of this one."""


class ChildProcess:
    """A command that runs, with every process that it starts in its group."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None, folder: str | None) -> None:
        try:
            self.popen = subprocess.Popen(  # noqa: S603 - a flow runs what its author wrote
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as problem:
            raise TaskFailed(f'Cannot run program "{command[0]}": {problem.strerror}') from problem
        self.has_ended = False

    def wait(self, on_line: Callable[[str, bool], None]) -> int:
        """Hand over each line (and whether it came from stderr) until the command ends. Returns its exit code.

        What it left running in its group is ended too; all of it when `on_line` raises, which is raised again.
        """
        failures: list[Exception] = []

        def read_errors() -> None:
            try:
                self._read(self.popen.stderr, on_line, from_stderr=True)
            except Exception as failure:  # noqa: BLE001 - raised again below, where somebody hears of it
                failures.append(failure)
                self.kill()

        errors = threading.Thread(target=read_errors, daemon=True)
        errors.start()
        try:
            self._read(self.popen.stdout, on_line, from_stderr=False)
            errors.join()
            code = as_in_a_shell(self.popen.wait())
        finally:
            self.kill()
            self.popen.wait()
            self.has_ended = True
        if failures:
            raise failures[0]
        return code

    def _read(self, stream: IO[str] | None, on_line: Callable[[str, bool], None], *, from_stderr: bool) -> None:
        assert stream is not None
        with stream:
            while line := stream.readline(LONGEST_LINE):
                on_line(line.rstrip("\r\n"), from_stderr)

    def terminate(self) -> None:
        """SIGTERM to the group, and SIGKILL after the grace to whoever is left."""
        self._signal(signal.SIGTERM)
        timer = threading.Timer(GRACE, self.kill)
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """SIGKILL to the group."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        # The group's id is that of the first process. When nobody of the group is left, it may be that of strangers.
        if not self.has_ended:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.popen.pid, number)


def as_in_a_shell(code: int) -> int:
    """An exit code; 128 + N when signal N ended the process."""
    return code if code >= 0 else 128 - code
