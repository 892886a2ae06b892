"""Where the processes of tasks run, and what is kept for them from run to run."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

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


class Workplace:
    """The same for all tasks of a run. `cache`: the folder that is kept; None where this user has no home."""

    def __init__(self, runner: Runner = Runner.PROCESS, cache: Path | None = None) -> None:
        self.runner = runner
        self.cache = cache


HERE = Workplace()
"""This machine, where nothing is kept."""
