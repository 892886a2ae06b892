"""Virtual environments for Python tasks: made once for each set of dependencies, and kept.

`CACHE/python/KEY` is one of them; its `flowrun.json` is written last, so that without it nobody takes it for complete.
`KEY.lock` beside it is locked by whoever builds or removes it, and shared by those who use it. An environment is built
where it stays: the scripts in its `bin` name the folder, and would not outlive a rename.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.tasks.scripts.host import FOR_INSTALLERS, host_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowrun.model.run_context import RunContext

FOLDER = "python"
"""Its name in the cache."""

COMPLETE = "flowrun.json"
PAUSE = 0.1
"""Seconds between looks at a lock that another process has."""

UNREACHABLE = re.compile(
    "new connection|name resolution|connect error|could not connect|connection refused|error sending request|dns error"
    "|network is unreachable|timed out|proxyerror|failed to fetch",
    re.IGNORECASE,
)
IDENTIFY = "import sys; print(sys.executable); print('.'.join(map(str, sys.version_info[:3])))"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a task needs. `version`: of Python, as `3.12`; None: whichever there is. `keep`: in the cache."""

    task_id: str
    dependencies: tuple[str, ...]
    version: str | None
    use_uv: bool = True
    keep: bool = True


class Python(NamedTuple):
    """An interpreter: what starts it, and its version. One that uv fetches is started by its version."""

    command: str
    version: str


class Environment(NamedTuple):
    """One that is kept. `bytes`: what it takes on disk. `made`: ISO 8601."""

    key: str
    python: str
    dependencies: list[str]
    made: str
    bytes: int


@contextmanager
def provided(wanted: Wanted, ctx: RunContext) -> Iterator[Path]:
    """The folder of an environment that has what is wanted; built when it is not there. Raises `TaskFailed`."""
    uv = shutil.which("uv") if wanted.use_uv else None
    python = interpreter(wanted, uv, ctx)
    builder = Builder(wanted, python, uv, ctx)
    if not wanted.keep:
        with TemporaryDirectory(prefix="flowrun-") as folder:
            builder.build(Path(folder) / FOLDER)
            yield Path(folder) / FOLDER
        return
    key = sha256("\0".join([*python, *wanted.dependencies]).encode()).hexdigest()[:16]
    with in_use(cache_folder(ctx) / key, builder.build, lambda: ctx.cancelled) as folder:
        yield folder


def cache_folder(ctx: RunContext) -> Path:
    """Where environments are kept. Raises `TaskFailed` when that cannot be written."""
    if ctx.workplace.cache is None:
        raise TaskFailed("there is no place to keep a Python environment; name a folder with FLOWRUN_HOME")
    folder = ctx.workplace.cache / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise TaskFailed(f"cannot write `{folder}`: {problem.strerror}; name a folder with FLOWRUN_HOME") from problem
    return folder


# --- interpreters


def find_python() -> Path:
    """The Python of this machine; a path without a name when there is none."""
    return Path(next(candidates(None), ""))


def candidates(version: str | None) -> Iterator[str]:
    """The commands on PATH that may be a Python of this version: `3.12`, `3.12.1`."""
    minor = ".".join((version or "").split(".")[:2])
    names = ([f"python{minor}"] if version else []) + ["python", "python3"]
    return (path for path in map(shutil.which, names) if path)


def interpreter(wanted: Wanted, uv: str | None, ctx: RunContext) -> Python:
    """The interpreter of the environment; uv can fetch one that is not here. Raises `TaskFailed`."""
    version = wanted.version
    for command in candidates(version):
        found = identified(command, ctx)
        if found and (version is None or f"{found.version}.".startswith(f"{version}.")):
            return found
    if uv and version:
        ctx.workplace.use_network(f"task `{wanted.task_id}`", f"fetch Python {version}")
        return Python(version, version)
    what = f"Python {version}" if version else "Python"
    raise TaskFailed(
        f"task `{wanted.task_id}` needs {what}, which is not on PATH; install it (https://python.org), "
        "or uv, which fetches it (https://docs.astral.sh/uv)"
    )


def identified(command: str, ctx: RunContext) -> Python | None:
    """What a command starts; None when it starts nothing, as pyenv's for a version that is not installed."""
    told: list[str] = []

    def keep(lines: list[str], is_error: bool) -> None:  # noqa: FBT001 - the shape of `RunContext.run_process`
        if not is_error:
            told.extend(lines)

    code = ctx.run_process([command, "-c", IDENTIFY], keep, environment=host_environment())
    return Python(*told) if code == 0 and len(told) == 2 else None


# --- building


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes an environment, with uv or with what Python brings along."""

    wanted: Wanted
    python: Python
    uv: str | None
    ctx: RunContext

    def build(self, folder: Path) -> None:
        """Make it in a folder that does not exist. Raises `TaskFailed`."""
        names = self.wanted.dependencies
        if names:
            self.ctx.workplace.use_network(f"task `{self.wanted.task_id}`", f"install {', '.join(names)}")
            self.ctx.log(LogLevel.INFO, f"Installing {', '.join(names)}")
        if self.uv:
            self.must([self.uv, "venv", "--quiet", "--python", self.python.command, str(folder)])
        else:
            without = [] if names else ["--without-pip"]
            self.must([self.python.command, "-m", "venv", *without, str(folder)])
        if names:
            self.install(folder)
        about = {"python": self.python.version, "dependencies": names}
        partial = folder / f"{COMPLETE}.part"
        partial.write_text(json.dumps(about), encoding="utf-8")
        partial.rename(folder / COMPLETE)

    def install(self, folder: Path) -> None:
        """Put the dependencies in."""
        python = str(folder / "bin" / "python")
        uv = [str(self.uv), "pip", "install", "--python", python]
        pip = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        code, told = self.call([*(uv if self.uv else pip), "--", *self.wanted.dependencies])
        if code:
            raise TaskFailed(why_not(told, self.wanted.dependencies))

    def must(self, command: Sequence[str]) -> None:
        """Run a command that makes the environment. Raises `TaskFailed` when it fails."""
        code, told = self.call(command)
        if code:
            hint = "" if self.uv else "; install the `venv` of your system's Python (Debian: python3-venv), or uv"
            raise TaskFailed(f"cannot make a Python environment: {last(told)}{hint}")

    def call(self, command: Sequence[str]) -> tuple[int, list[str]]:
        """Run a command; its exit code, and all it wrote, which goes to the log at DEBUG."""
        told: list[str] = []

        def keep(lines: list[str], is_error: bool) -> None:  # noqa: ARG001, FBT001 - the shape of `RunContext.run_process`
            told.extend(lines)
            self.ctx.log_lines(LogLevel.DEBUG, lines)

        return self.ctx.run_process(command, keep, environment=host_environment(*FOR_INSTALLERS)), told


def why_not(told: Sequence[str], dependencies: Sequence[str]) -> str:
    """What is said of dependencies that cannot be installed: which, why, what to do."""
    text = "\n".join(told)
    guilty = [one for one in dependencies if re.search(rf"(?i)(?<![\w.-]){re.escape(one)}(?![\w-])", errors_of(told))]
    if not guilty:
        guilty = [one for one in dependencies if project(one).lower() in errors_of(told).lower()]
    names = ", ".join(f"`{one}`" for one in guilty or dependencies)
    if UNREACHABLE.search(text):
        return f"cannot install {names}: no package registry can be reached; once installed, it is kept and needs none"
    return f"cannot install {names}: {last(told)}; look at the name and the version"


def project(dependency: str) -> str:
    """The name in a requirement such as `pandas[excel]>=2`."""
    found = re.match(r"[\w.-]+", dependency)
    return found[0] if found else dependency


def errors_of(told: Sequence[str]) -> str:
    """The lines of an installer that tell of errors; all when it marks none."""
    return "\n".join([line for line in told if line.startswith("ERROR:")] or told)


def last(told: Sequence[str]) -> str:
    """The line that says most: uv's reason, the last that is marked as an error, or the last of all."""
    if found := re.search("(?:╰─▶|cause:) (Because .*)", "\n".join(told), re.DOTALL):
        return re.sub(r"\s+", " ", found[1]).rstrip(". ")
    lines = [line for line in told if line.strip()] or ["no reason was given"]
    marked = [line for line in lines if re.match(r"(ERROR|error):", line)]
    return re.sub("^(ERROR|error): *", "", (marked or lines)[-1].strip())


# --- the cache


@contextmanager
def in_use(folder: Path, build: Callable[[Path], None], cancelled: Callable[[], bool]) -> Iterator[Path]:
    """The folder, complete, and safe from removal meanwhile. Raises what `build` raises."""
    with lock_file(folder) as descriptor:
        wait_for(descriptor, fcntl.LOCK_SH, cancelled)
        while not (folder / COMPLETE).exists():
            # The lock is free for a moment between the two kinds: others may have built or removed it meanwhile.
            wait_for(descriptor, fcntl.LOCK_EX, cancelled)
            if not (folder / COMPLETE).exists():
                shutil.rmtree(folder, ignore_errors=True)  # what a process left that was killed
                build_or_nothing(folder, build)
            wait_for(descriptor, fcntl.LOCK_SH, cancelled)
        yield folder


def build_or_nothing(folder: Path, build: Callable[[Path], None]) -> None:
    """Build it, and leave nothing half done."""
    try:
        build(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def lock_file(folder: Path) -> Iterator[int]:
    """The open lock of an environment; nobody removes its file. Closing it frees it."""
    descriptor = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def wait_for(descriptor: int, kind: int, cancelled: Callable[[], bool]) -> None:
    """Take a lock, however long others have it. Raises `TaskFailed` when the task is told to end."""
    while not locked(descriptor, kind):
        if cancelled():
            raise TaskFailed("the task was told to end while another process built its Python environment")
        time.sleep(PAUSE)


def locked(descriptor: int, kind: int) -> bool:
    """Try to take a lock."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def kept_environments(cache: Path) -> list[Environment]:
    """The complete environments, oldest first."""
    found = []
    for path in (cache / FOLDER).glob(f"*/{COMPLETE}"):
        about = json.loads(path.read_text(encoding="utf-8"))
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        size = sum(one.lstat().st_size for one in path.parent.rglob("*"))
        found.append(Environment(path.parent.name, about["python"], about["dependencies"], made, size))
    return sorted(found, key=lambda one: (one.made, one.key))


def clear_environments(cache: Path) -> tuple[list[str], list[str]]:
    """Remove all that nobody uses right now; the keys of those removed, and of those left."""
    removed, left = [], []
    for folder in sorted(path for path in (cache / FOLDER).glob("*") if path.is_dir()):
        with lock_file(folder) as descriptor:
            if locked(descriptor, fcntl.LOCK_EX):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder.name)
            else:
                left.append(folder.name)
    return removed, left
