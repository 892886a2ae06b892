"""A disk that is full, a home that cannot be written: one warning, and the run goes its way."""

from __future__ import annotations

import subprocess
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.load.place import Place, wait_until

from flowrun.model.state import StateType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.load.place import Ended

SIZE = 1024 * 1024

FLOW = """
id: steady
namespace: load
concurrency: {limit: 5}
tasks:
  - {id: first, type: load.Effect}
  - {id: pause, type: load.Command, command: "touch $ENV_READY; until [ -e $ENV_READY.go ]; do sleep 0.02; done"}
  - {id: second, type: load.Effect}
  - {id: end, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.second.task }}"}
"""
FAILING = FLOW.replace("log.Log, message:", "execution.Fail, errorMessage:")


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A small file system in the memory, for as long as the test needs it."""
    folder.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", ",".join((f"size={SIZE}", *options)), "tmpfs", str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Place]:
    """A place whose store is on a small disk of its own."""
    with mounted(tmp_path / "disk") as disk, closing(Place(tmp_path, disk)) as place:
        yield place


def fill(disk: Path) -> None:
    """Take all that is left."""
    with (disk / "filling").open("ab", buffering=0) as file:
        for size in (4096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def crowd(disk: Path) -> None:
    """Leave no room for one more file."""
    with suppress(OSError):
        for number in count():
            (disk / f"file{number}").touch()


def free(disk: Path) -> None:
    (disk / "filling").unlink()


def release(place: Place) -> None:
    """Let the command in the middle of the flow end."""
    (place.folder / "ready.go").touch()


def check_one_warning(ended: Ended, *, code: int = 0) -> None:
    """The run ended as it does elsewhere, and the trouble was told once."""
    assert ended.code == code
    assert ended.stderr.startswith("warning: ")
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


@pytest.mark.parametrize(("text", "code"), [(FLOW, 0), (FAILING, 1)])
def test_a_disk_that_fills_up_costs_a_warning_and_no_run(small_disk: Place, text, code):
    run = small_disk.start("run", small_disk.flow(text))
    wait_until(small_disk.is_ready)
    fill(small_disk.home)
    release(small_disk)
    ended = run.end()
    check_one_warning(ended, code=code)
    assert "database or disk is full" in ended.stderr
    assert [one.task for one in small_disk.effects() if one.word == "end"] == ["first", "second"]
    free(small_disk.home)
    (shown,) = small_disk.history()
    assert shown["interrupted"]  # what came after was not kept
    assert small_disk.call("restart", "--last").code == code


def test_what_a_full_disk_did_not_take_is_kept_once_there_is_space(small_disk: Place):
    run = small_disk.start(
        "run", small_disk.flow(FLOW.replace("second, type: load.Effect", "second, type: load.Effect, seconds: 1"))
    )
    wait_until(small_disk.is_ready)
    fill(small_disk.home)
    release(small_disk)
    wait_until(lambda: "warning" in run.stderr.read_text())
    free(small_disk.home)
    check_one_warning(run.end())
    stored = small_disk.stored()
    assert stored.execution.current is StateType.SUCCESS
    assert [one.current for one in stored.execution.task_runs.values()] == [StateType.SUCCESS] * 4
    assert [one.message for one in small_disk.logs(stored.execution.id)][-1] == "second"


def test_a_disk_that_is_full_from_the_start_costs_a_warning(small_disk: Place):
    fill(small_disk.home)
    run = small_disk.start("run", small_disk.flow(FLOW))
    wait_until(small_disk.is_ready)
    release(small_disk)
    check_one_warning(run.end())
    free(small_disk.home)
    assert small_disk.history() == []


def test_a_store_on_a_full_disk_costs_a_warning_and_can_be_read_later(small_disk: Place):
    flow = small_disk.flow(FLOW.replace("until [ -e $ENV_READY.go ]", "while false"))
    assert small_disk.call("run", flow).code == 0
    fill(small_disk.home)
    check_one_warning(small_disk.call("run", flow))
    shown = small_disk.call("history")
    assert (shown.code, shown.stdout) == (2, "")
    assert "hint: look at the space" in shown.stderr
    free(small_disk.home)
    assert [one["state"]["current"] for one in small_disk.history()][-1] == "SUCCESS"


def test_a_disk_without_room_for_a_lock_costs_a_warning(tmp_path):
    with mounted(tmp_path / "disk", "nr_inodes=20") as disk, closing(Place(tmp_path, disk)) as place:
        other = place.start("run", place.flow(FLOW))
        wait_until(place.is_ready)
        crowd(disk)
        check_one_warning(place.call("run", place.flow(FLOW.replace("until [ -e $ENV_READY.go ]", "while false"))))
        release(place)
        ended = other.end()
        assert (ended.code, ended.stderr) == (0, "")


@pytest.mark.parametrize("home", ["/proc/flowrun", "a file", "a file/below", "read-only"])
def test_a_home_that_cannot_be_written_costs_a_warning(tmp_path, home):
    (tmp_path / "a file").touch()
    flow = FLOW.replace("until [ -e $ENV_READY.go ]", "while false")
    if home != "read-only":
        with closing(Place(tmp_path, tmp_path / home)) as place:
            check_one_warning(place.call("run", place.flow(flow)))
        return
    with mounted(tmp_path / "disk") as disk, closing(Place(tmp_path, disk)) as place:
        assert place.call("run", place.flow(flow)).stderr == ""
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        check_one_warning(place.call("run", place.flow(flow)))
