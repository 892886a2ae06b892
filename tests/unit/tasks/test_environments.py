"""Python environments: built once, whoever asks, and never taken half done."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from flowrun.errors import TaskFailed
from flowrun.tasks.scripts.environments import (
    COMPLETE,
    FOLDER,
    clear_environments,
    in_use,
    kept_environments,
    why_not,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABOUT = '{"python": "3.12.1", "dependencies": ["a"]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir()
    return tmp_path / FOLDER / "key"


def build(folder: Path) -> None:
    folder.mkdir()
    (folder / COMPLETE).write_text(ABOUT)


def never() -> bool:
    return False


def refuse(_: Path) -> None:
    pytest.fail("it is built already")


def test_an_environment_is_built_once(folder):
    with in_use(folder, build, never) as first:
        assert first == folder
    with in_use(folder, refuse, never) as second:
        assert second == folder


def test_what_was_left_half_done_is_built_anew(folder):
    folder.mkdir()
    (folder / "half").touch()
    with in_use(folder, build, never):
        assert not (folder / "half").exists()


def test_a_failed_build_leaves_nothing(folder):
    def fail(path: Path) -> None:
        path.mkdir()
        raise TaskFailed("no")

    with pytest.raises(TaskFailed, match="no"), in_use(folder, fail, never):
        pass
    assert not folder.exists()


def test_two_at_once_build_one(folder):
    """The second one asks while the first builds, and waits."""
    asked, built = threading.Event(), []

    def slow(path: Path) -> None:
        built.append("first")
        assert asked.wait(10)
        build(path)

    def second() -> None:
        def told_to_wait() -> bool:
            asked.set()  # it has found the lock taken
            return False

        with in_use(folder, refuse, told_to_wait):
            built.append("second")

    other = threading.Thread(target=second)

    def start_and_build(path: Path) -> None:
        other.start()
        slow(path)

    with in_use(folder, start_and_build, never):
        pass
    other.join(10)
    assert built == ["first", "second"]


HOLD = """
import sys
from pathlib import Path
from flowrun.tasks.scripts.environments import in_use
with in_use(Path(sys.argv[1]), None, lambda: False):
    print("using", flush=True)
    sys.stdin.read()
"""


@contextmanager
def used_by_another_process(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "using\n"
        try:
            yield
        finally:
            process.kill()


def test_clear_leaves_what_another_process_uses(folder, tmp_path):
    with in_use(folder, build, never):
        pass
    with used_by_another_process(folder):
        assert clear_environments(tmp_path) == ([], ["key"])
        assert (folder / COMPLETE).exists()
    assert clear_environments(tmp_path) == (["key"], [])
    assert not folder.exists()


def test_a_task_that_is_told_to_end_does_not_wait(folder):
    with in_use(folder, build, never):
        (folder / COMPLETE).unlink()  # the other one finds that it has to build, and cannot
        with pytest.raises(TaskFailed, match="told to end"), in_use(folder, refuse, lambda: True):
            pass


def test_the_list_shows_complete_ones(folder, tmp_path):
    (folder.parent / "half").mkdir()
    with in_use(folder, build, never):
        pass
    (one,) = kept_environments(tmp_path)
    assert (one.key, one.python, one.dependencies, one.bytes) == ("key", "3.12.1", ["a"], len(ABOUT))


PIP = """Collecting humanize
ERROR: Could not find a version that satisfies the requirement nope==9 (from versions: none)
ERROR: No matching distribution found for nope==9"""
UV = """  × No solution found when resolving dependencies:
  ╰─▶ Because nope was not found in the package registry and you require
      nope==9, we can conclude that your requirements are unsatisfiable."""
UV_NOW = """error: No solution found when resolving dependencies
  cause: Because nope was not found in the package registry and you require nope==9, we can conclude that your \
requirements are unsatisfiable."""
PIP_OFFLINE = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...: Failed to establish a new connection'
ERROR: No matching distribution found for humanize"""
UV_OFFLINE = """error: Request failed after 3 retries in 5.8s
  cause: Failed to fetch: http://127.0.0.1:9/simple/humanize/
  cause: error sending request for url (http://127.0.0.1:9/simple/humanize/)"""


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (PIP, "cannot install `nope==9`: No matching distribution found for nope==9; look at the name and the version"),
        (
            UV,
            (
                "cannot install `nope==9`: Because nope was not found in the package registry and you require nope==9, "
                "we can conclude that your requirements are unsatisfiable; look at the name and the version"
            ),
        ),
        (
            UV_NOW,
            (
                "cannot install `nope==9`: Because nope was not found in the package registry and you require nope==9, "
                "we can conclude that your requirements are unsatisfiable; look at the name and the version"
            ),
        ),
        (
            PIP_OFFLINE,
            "cannot install `humanize`: no package registry can be reached; once installed, it is kept and needs none",
        ),
        (
            UV_OFFLINE,
            "cannot install `humanize`: no package registry can be reached; once installed, it is kept and needs none",
        ),
    ],
)
def test_a_failed_installation_names_the_package_and_what_to_do(told, message):
    assert why_not(told.split("\n"), ("humanize", "nope==9")) == message
