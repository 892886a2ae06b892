"""Call `flowrun` as a process: through pipes, or on a pseudo-terminal."""

from __future__ import annotations

import atexit
import fcntl
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from functools import cache, partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "flowrun"]
SECONDS = 30


def environment(**more: str) -> dict[str, str]:
    """An environment in which only what a test asks for can change the outcome."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "COVERAGE_PROCESS_START") if key in os.environ}
    ours = {"FLOWRUN_HOME": store(), "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    return {**kept, **ours, **more}


@cache
def store() -> str:
    """A store for this session of tests: none of them may touch that of whoever runs them."""
    folder = tempfile.mkdtemp(prefix="flowrun-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def flowrun(
    *arguments: str,
    cwd: Path = ROOT,
    stdin: str | bytes = "",
    env: dict[str, str] | None = None,
    seconds: float = SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run the command with pipes and wait for its end."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(**(env or {})),
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(
    *arguments: str,
    width: int = 80,
    answers: tuple[tuple[str, str], ...] = (),
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    stdout: Path | None = None,
) -> tuple[int, str]:
    """Run the command on a terminal of this width. `answers`: what to wait for, what to type then.

    `stdout` names a file that the standard output goes to instead.

    Returns the exit code and all that the terminal showed, the echo of what was typed included.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, width))
    elsewhere = os.open(stdout, os.O_WRONLY | os.O_CREAT) if stdout else theirs
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(**(env or {})),
        stdin=theirs,
        stdout=elsewhere,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=partial(fcntl.ioctl, 0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - so that Ctrl-C reaches it
    )
    for descriptor in {theirs, elsewhere}:
        os.close(descriptor)
    try:
        shown = converse(ours, answers)
        return process.wait(SECONDS), shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def converse(terminal: int, answers: tuple[tuple[str, str], ...]) -> str:
    """Read until the other side hangs up, typing each answer when what it waits for has been shown."""
    shown, seen, open_answers = b"", 0, list(answers)
    deadline = time.monotonic() + SECONDS
    while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            return shown.decode()
        if not read:
            return shown.decode()
        shown += read
        if open_answers and open_answers[0][0].encode() in shown[seen:]:
            seen = len(shown)
            os.write(terminal, open_answers.pop(0)[1].encode())
    raise AssertionError(f"the command did not end; it showed {shown.decode()!r}")
