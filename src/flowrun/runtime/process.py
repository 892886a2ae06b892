"""Child processes of a task: each in a process group of its own, so that all of it can be ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from codecs import getincrementaldecoder
from contextlib import suppress
from io import IncrementalNewlineDecoder
from typing import TYPE_CHECKING

from flowrun.errors import TaskFailed
from flowrun.runtime.run_context import GRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


LONGEST_LINE = 16_000_000
"""Characters of a line: one that goes on is taken for several, as no process may fill the memory of this one."""

PIECE = 1 << 16
"""Bytes that are read at a time: what a pipe holds."""


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
                bufsize=0,
                start_new_session=True,
            )
        except OSError as problem:
            raise TaskFailed(f'Cannot run program "{command[0]}": {problem.strerror}') from problem
        self.has_ended = False

    def wait(self, on_lines: Callable[[list[str], bool], None]) -> int:
        """Hand over the lines (and whether they came from stderr) until the command ends. Returns its exit code.

        What it left running in its group is ended too; all of it when `on_lines` raises, which is raised again.
        """
        try:
            self._read(on_lines)
            return as_in_a_shell(self.popen.wait())
        finally:
            self.kill()
            self.popen.wait()
            self.has_ended = True

    def _read(self, on_lines: Callable[[list[str], bool], None]) -> None:
        """Both streams by one thread: another one would cost more than many a command."""
        out, err = self.popen.stdout, self.popen.stderr
        assert out is not None
        assert err is not None
        with out, err:
            streams = {out.fileno(): Lines(), err.fileno(): Lines()}
            poll = select.poll()
            for descriptor in streams:
                poll.register(descriptor, select.POLLIN)
            while streams:
                for descriptor, _ in poll.poll():
                    piece = os.read(descriptor, PIECE)
                    if lines := streams[descriptor].take(piece):
                        on_lines(lines, descriptor == err.fileno())
                    if not piece:
                        poll.unregister(descriptor)
                        del streams[descriptor]

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


class Lines:
    """Makes lines of what is read piece by piece: UTF-8, what is none of it replaced; every kind of line end ends one."""

    def __init__(self) -> None:
        self._decoder = IncrementalNewlineDecoder(getincrementaldecoder("utf-8")("replace"), translate=True)
        self._begun: list[str] = []
        self._length = 0

    def take(self, piece: bytes) -> list[str]:
        """The lines that end in a piece. An empty one is the end of all: then what was begun is a line, too."""
        text = self._decoder.decode(piece, final=not piece)
        first, *lines = text.split("\n")
        self._begun.append(first)
        self._length += len(first)
        if lines:
            ended, self._begun = "".join(self._begun), [lines.pop()]
            self._length = len(self._begun[0])
            return [ended, *lines]
        if self._length > LONGEST_LINE or (self._length and not piece):
            ended, self._begun, self._length = "".join(self._begun), [], 0
            return [ended]
        return []


def as_in_a_shell(code: int) -> int:
    """An exit code; 128 + N when signal N ended the process."""
    return code if code >= 0 else 128 - code
