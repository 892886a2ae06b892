"""Who is alive: a live execution holds an OS lock on a file of its own, which the system frees when the process ends."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from flowrun.store.database import LOCKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TRIES = 20
PAUSE = 0.005
"""Seconds between tries: whoever only looks whether an execution lives holds its lock for microseconds."""


class ExecutionLock:
    """Held from `acquire` to `release`, or to the end of the process. Child processes do not inherit it."""

    def __init__(self, folder: Path, execution_id: str) -> None:
        self.path = folder / LOCKS / f"{execution_id}.lock"
        self.descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process has it."""
        for _ in range(TRIES):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if locked(descriptor, fcntl.LOCK_EX) and self._is_current(descriptor):
                self.descriptor = descriptor
                return True
            os.close(descriptor)
            time.sleep(PAUSE)
        return False

    def release(self) -> None:
        """Free the lock and remove its file."""
        if self.descriptor is not None:
            with suppress(OSError):
                self.path.unlink()
            os.close(self.descriptor)
            self.descriptor = None

    def _is_current(self, descriptor: int) -> bool:
        """Whether the path still names the locked file: its last holder may have removed it meanwhile."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        return False


@contextmanager
def holding(folder: Path, execution_ids: Sequence[str]) -> Iterator[set[str]]:
    """Hold the locks of executions meanwhile: those that no process has."""
    with ExitStack() as stack:
        locks = {one: ExecutionLock(folder, one) for one in execution_ids}
        for lock in locks.values():
            stack.callback(lock.release)
        yield {one for one, lock in locks.items() if lock.acquire()}


def is_live(folder: Path, execution_id: str) -> bool:
    """Whether some process runs this execution."""
    try:
        descriptor = os.open(folder / LOCKS / f"{execution_id}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def locked(descriptor: int, kind: int) -> bool:
    """Try to lock an open file."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
