"""`io.kestra.plugin.scripts.python.Script` and `.Commands`."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.model.properties import Templated
from flowrun.tasks.scripts.script import Commands, Script


@dataclass(frozen=True, kw_only=True)
class Packages:
    """What is installed before the process starts."""

    dependencies: Templated[list[str] | None] = None
    python_version: Templated[str | None] = None
    dependency_cache_enabled: Templated[bool] = True
    package_manager: Templated[str | None] = None


@dataclass(frozen=True, kw_only=True)
class PythonScript(Packages, Script):
    """Runs a text in Python."""


@dataclass(frozen=True, kw_only=True)
class PythonCommands(Packages, Commands):
    """Runs lines of a shell, with Python at hand."""
