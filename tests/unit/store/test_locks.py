"""A lock is held by one process only, and dies with it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from flowrun.store.locks import ExecutionLock, is_live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrun.store.database import Database

HOLD = """
import sys
from pathlib import Path
from flowrun.store.locks import ExecutionLock
print(ExecutionLock(Path(sys.argv[1]), "one").acquire(), flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock of `one`."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def test_another_process_cannot_have_it_too(database: Database) -> None:
    with holder(database.folder):
        assert is_live(database.folder, "one")
        assert not ExecutionLock(database.folder, "one").acquire()


def test_it_dies_with_its_process(database: Database) -> None:
    with holder(database.folder) as process:
        process.kill()
        process.wait()
        assert not is_live(database.folder, "one")
        lock = ExecutionLock(database.folder, "one")
        assert lock.path.exists()
        assert lock.acquire()
        lock.release()


def test_a_child_does_not_inherit_it(database: Database) -> None:
    lock = ExecutionLock(database.folder, "one")
    assert lock.acquire()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.release()
        assert lock.acquire()
        lock.release()
        child.kill()


def test_release_removes_the_file_and_may_be_repeated(database: Database) -> None:
    lock = ExecutionLock(database.folder, "one")
    assert lock.acquire()
    for _ in range(2):
        lock.release()
        assert not lock.path.exists()
    assert not is_live(database.folder, "one")


def test_a_look_disturbs_neither_who_has_it_nor_who_wants_it(database: Database) -> None:
    folder, enough = database.folder, Event()

    def look() -> None:
        while not enough.is_set():
            is_live(folder, "one")

    with ThreadPoolExecutor(3) as threads:
        for _ in range(3):
            threads.submit(look)
        for _ in range(50):
            lock = ExecutionLock(folder, "one")
            assert lock.acquire()
            assert is_live(folder, "one")
            lock.release()
        enough.set()


def test_two_never_have_it_at_once_although_its_file_comes_and_goes(database: Database) -> None:
    inside: list[int] = []

    def take(number: int) -> None:
        lock = ExecutionLock(database.folder, "one")
        if lock.acquire():
            inside.append(number)
            assert inside == [number]
            inside.clear()
            lock.release()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(take, range(200)))
