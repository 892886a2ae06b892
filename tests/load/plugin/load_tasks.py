"""Task types of the crash and load tests. Found through the entry points beside this file, as those of a third party."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated  # noqa: TC001 - read when a flow is built
from flowrun.model.run_context import RunContext  # noqa: TC001
from flowrun.model.task import RunnableTask

WHO = "{{ execution.id }} {{ taskrun.id }} {{ task.id }}"


@dataclass(frozen=True, kw_only=True)
class Effect(RunnableTask):
    """Tells `file` that it starts and, after `seconds`, that it ends; each is one line, written at once."""

    file: Templated[str] = "{{ envs.effects }}"
    seconds: Templated[float] = 0.0

    def run(self, ctx: RunContext) -> dict[str, Any]:
        who = ctx.render(WHO)
        append(self.file, f"start {who}\n")
        time.sleep(self.seconds)
        ctx.log(LogLevel.INFO, f"done {who}")
        append(self.file, f"end {who}\n")
        return {"task": self.id}


@dataclass(frozen=True, kw_only=True)
class Command(RunnableTask):
    """Runs a line of shell and logs what it writes; fails when it does, and over a line that it `refuses`."""

    command: Templated[str]
    refuses: Templated[str | None] = None

    def run(self, ctx: RunContext) -> None:
        def on_lines(lines: list[str], _from_stderr: bool) -> None:
            if self.refuses in lines:
                raise TaskFailed(f"refused: {self.refuses}")
            ctx.log_lines(LogLevel.INFO, lines)

        code = ctx.run_process(["sh", "-c", self.command], on_lines)
        if code != 0:
            raise TaskFailed(f"the command ended with {code}")


@dataclass(frozen=True, kw_only=True)
class Deadly(RunnableTask):
    """Kills flowrun the moment it begins; not again once `file` is there."""

    file: Templated[str] = "{{ envs.ready }}"

    def run(self, ctx: RunContext) -> None:
        if not Path(self.file).exists():
            Path(self.file).touch()
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Stubborn(RunnableTask):
    """Takes its time, whoever tells it to end."""

    file: Templated[str] = "{{ envs.effects }}"
    seconds: Templated[float]

    def run(self, ctx: RunContext) -> None:
        append(self.file, f"start {ctx.render(WHO)}\n")
        time.sleep(self.seconds)


def append(file: str, line: str) -> None:
    """Write a line in one call, so that those of many processes do not mix, and their order is that of the writing."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
