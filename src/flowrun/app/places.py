"""Where the scripts of a flow run that ask for a container."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from flowrun.tasks.scripts.containers import engine_for
from flowrun.tasks.scripts.environments import find_python
from flowrun.tasks.scripts.host import host_environment
from flowrun.tasks.scripts.python import Packages
from flowrun.tasks.scripts.script import ScriptTask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowrun.model.flow import Flow
    from flowrun.model.workplace import Runner


def places_taken(flow: Flow, runner: Runner) -> list[str]:
    """A sentence for each image that a task names and this machine stands in for; none when containers are used.

    Raises `UsageError` when there is no such engine.
    """
    asking = [one for one in flow.tasks_by_id.values() if isinstance(one, ScriptTask) and one.wants_container]
    if not asking or engine_for(runner) is not None:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    for task in asking:
        if task.named_image is not None and not task.disabled:
            found.setdefault((host_of(task), task.named_image), []).append(task.id)
    return [f"{listed(ids)} on {host} instead of {image}" for (host, image), ids in found.items()]


def host_of(task: ScriptTask) -> str:
    """What stands in for the container of a task: `host Python 3.12.3`."""
    if not isinstance(task, Packages):
        return f"host {next(iter(task.language.command), 'shell')}"
    version = task.python_version or python_version()
    return f"host Python {version}".rstrip()


def python_version() -> str:
    """The version of this machine's Python; nothing when there is none."""
    command = [str(find_python()), "-c", "import platform; print(platform.python_version())"]
    try:
        done = subprocess.run(command, env=host_environment(), capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def listed(ids: Iterable[str]) -> str:
    """`a` runs; `a`, `b` run."""
    names = [f"`{one}`" for one in ids]
    return f"{', '.join(names)} {'runs' if len(names) == 1 else 'run'}"
