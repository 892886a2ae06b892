"""A store of its own, the calls of `flowrun` on it, and what they leave: processes, effects, rows.

Every process that comes from a place carries its `FLOWRUN_HOME`, so none of them can hide: not the child of a child,
not one whose parent was killed. That is how a test sees (in Linux's `/proc`) what was left behind, and how nothing
outlives it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.cli.command import COMMAND, environment

from flowrun.store.database import Database, find_database
from flowrun.store.executions import LAST, Stored, find_id, read_logs, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.model.log import LogEntry

PLUGIN = Path(__file__).parent / "plugin"

LONGEST = 60.0
"""Seconds that anything may take on a busy machine; what is promised to be quick is measured."""

LOOK_EVERY = 0.01


class Effect(NamedTuple):
    """A line that a task wrote outside of flowrun: `word` is `start` or `end`."""

    word: str
    execution: str
    task_run: str
    task: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended; `seconds` is how long it was waited for."""

    code: int
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `flowrun` that was started."""

    process: subprocess.Popen[bytes]
    stdout: Path
    stderr: Path

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def memory(self) -> int:
        """What it has of the memory, in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def send(self, number: signal.Signals) -> None:
        """A signal to flowrun alone."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """As `kill -9` does: nothing of it can react."""
        self.process.kill()
        self.process.wait()

    def end(self, seconds: float = LONGEST) -> Ended:
        """Wait for the end."""
        began = time.monotonic()
        code = self.process.wait(seconds)
        return Ended(code, self.stdout.read_text(), self.stderr.read_text(), time.monotonic() - began)


class Place:
    """See the module. `home` is where the store is, or cannot be."""

    def __init__(self, folder: Path, home: Path | None = None) -> None:
        self.folder = folder
        self.home = home or folder / "home"
        self.calls: list[Call] = []

    # --- what is started

    def flow(self, text: str) -> str:
        """A file with this flow."""
        path = self.folder / f"flow{len(list(self.folder.glob('*.yaml')))}.yaml"
        path.write_text(text)
        return str(path)

    def start(self, *arguments: str, onto: int | None = None) -> Call:
        """Call `flowrun` and do not wait. `onto`: an open file that it writes to in place of one of this place."""
        number = len(self.calls)
        stdout, stderr = self.folder / f"{number}.out", self.folder / f"{number}.err"
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.folder,
                env=environment(
                    FLOWRUN_HOME=str(self.home),
                    PYTHONPATH=str(PLUGIN),
                    ENV_EFFECTS=str(self.folder / "effects"),
                    ENV_READY=str(self.folder / "ready"),
                ),
                stdin=subprocess.DEVNULL,
                stdout=out if onto is None else onto,
                stderr=err,
                start_new_session=True,
            )
        self.calls.append(Call(process, stdout, stderr))
        return self.calls[-1]

    def call(self, *arguments: str) -> Ended:
        """Call `flowrun` and wait for its end."""
        return self.start(*arguments).end()

    def processes(self) -> list[int]:
        """The processes of this place that live: flowrun's own, and all that came from them."""
        mark = f"FLOWRUN_HOME={self.home}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):  # it has ended meanwhile
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def close(self) -> None:
        """Leave no process behind."""
        for call in self.calls:
            call.kill()
        wait_until(self.kill_the_rest)

    def kill_the_rest(self) -> bool:
        """Whether nobody was left to kill."""
        found = self.processes()
        for one in found:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        return not found

    # --- what they did

    def effects(self) -> list[Effect]:
        """What tasks wrote, in the order of the writing; that of a pause between two lines is of no matter."""
        path = self.folder / "effects"
        return [Effect(*line.split()) for line in path.read_text().splitlines()] if path.exists() else []

    def is_ready(self) -> bool:
        """Whether a command has said that it runs: `touch $ENV_READY`."""
        return (self.folder / "ready").exists()

    def history(self) -> list[dict[str, Any]]:
        """What `flowrun history` shows of all executions."""
        shown = self.call("history", "--limit", "0", "--format", "json")
        assert (shown.code, shown.stderr) == (0, ""), shown
        return json.loads(shown.stdout)["executions"]

    def stored(self, wanted: str = LAST) -> Stored:
        """One execution, as its rows tell of it."""
        return self.look(lambda database: read_stored(database, find_id(database, wanted)))

    def logs(self, execution_id: str) -> list[LogEntry]:
        return self.look(lambda database: read_logs(database, execution_id))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.look(lambda database: database.execute(query).fetchall()) if self.has_store() else []

    def has_store(self) -> bool:
        return (self.home / "flowrun.db").exists()

    def look(self, question: Callable[[Database], Any]) -> Any:
        database = find_database(self.home)
        assert database
        with closing(database):
            return question(database)


def wait_until(holds: Callable[[], Any], seconds: float = LONGEST, every: float = LOOK_EVERY) -> None:
    """Wait for something that other processes do, looking now and then; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come within {seconds} s"
        time.sleep(every)
