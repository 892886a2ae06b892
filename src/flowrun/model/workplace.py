"""Where the processes of tasks run, what they may reach, and what is kept of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from flowrun.errors import TaskFailed

if TYPE_CHECKING:
    from pathlib import Path


class Runner(StrEnum):
    """What runs a script that a server would run in a container.

    PROCESS: this machine. DOCKER, PODMAN: a container of that engine. AUTO: a container where an engine is found.
    """

    PROCESS = "process"
    DOCKER = "docker"
    PODMAN = "podman"
    AUTO = "auto"


class KeepWorkdir(StrEnum):
    """Which working directories stay when their task has ended. FAILURE: those of tasks that did not end well."""

    NEVER = "never"
    ALWAYS = "always"
    FAILURE = "failure"


class Workplace:
    """The same for all tasks of a run. `cache`: the folder that is kept; None where this user has no home.

    `offline`: flowrun itself uses no network, that of this machine included. `kept`: the working directories that stay,
    each with the id of its task.
    """

    def __init__(
        self,
        runner: Runner = Runner.PROCESS,
        cache: Path | None = None,
        *,
        keep_workdir: KeepWorkdir = KeepWorkdir.NEVER,
        offline: bool = False,
    ) -> None:
        self.runner = runner
        self.cache = cache
        self.keep_workdir = keep_workdir
        self.offline = offline
        self.kept: list[tuple[str, Path]] = []

    def keeps(self, *, failed: bool) -> bool:
        """Whether the working directory of a task stays."""
        return self.keep_workdir is KeepWorkdir.ALWAYS or (failed and self.keep_workdir is KeepWorkdir.FAILURE)

    def use_network(self, who: str, deed: str) -> None:
        """To be called before anything is done over the network. Raises `TaskFailed` where that may not be."""
        if self.offline:
            raise TaskFailed(f"{who} cannot {deed}: this run is to do without the network (`--offline`)")


HERE = Workplace()
"""This machine, where nothing is kept."""
