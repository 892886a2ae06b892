"""`io.kestra.plugin.scripts.python.Script` and `.Commands`."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.properties import Templated
from flowrun.tasks.scripts.host import host_environment
from flowrun.tasks.scripts.script import Commands, Script, ScriptTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.model.run_context import RunContext

HELPER = str(Path(__file__).parent / "python_path")
"""A folder for `PYTHONPATH`: the module `kestra` in it gives way to the package of that name."""

SETTINGS = {"PYTHONUNBUFFERED": "true", "PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclass(frozen=True, kw_only=True)
class Packages(ScriptTask):
    """What is installed before the process starts."""

    dependencies: Templated[list[str] | None] = None
    python_version: Templated[str | None] = None
    dependency_cache_enabled: Templated[bool] = True
    package_manager: Templated[str | None] = None

    @contextmanager
    def on_host(self, ctx: RunContext) -> Iterator[dict[str, str]]:
        """A virtual environment, where the `python` of this machine does not do."""
        from flowrun.tasks.scripts.environments import Wanted, find_python, provided

        names = tuple(sorted(set(self.dependencies or ())))
        version = self.python_version or None
        if not names and not version and find_python().name == "python":
            yield self.in_container()
            return
        manager = (self.package_manager or "UV").upper()
        wanted = Wanted(self.id, names, version, use_uv=manager == "UV", keep=self.dependency_cache_enabled)
        with provided(wanted, ctx) as folder:
            path = f"{folder / 'bin'}:{host_environment().get('PATH', '')}"
            yield {**self.in_container(), "PATH": path, "VIRTUAL_ENV": str(folder)}

    def variables(self, ctx: RunContext) -> dict[str, str]:
        """As for every language; the helper module stays on the path of modules."""
        own = super().variables(ctx)
        return {**own, "PYTHONPATH": f"{HELPER}:{own['PYTHONPATH']}"} if "PYTHONPATH" in own else own

    def in_container(self) -> dict[str, str]:
        """The helper module, and how Python and pip behave."""
        return {**SETTINGS, "PYTHONPATH": HELPER}

    @property
    def default_image(self) -> str:
        """The image of the version."""
        return f"python:{self.python_version}-slim" if self.python_version else self.language.image

    def container_lines(self) -> list[str]:
        """The packages are installed in the container itself."""
        if not self.dependencies:
            return []
        return [shlex.join(["python", "-m", "pip", "install", "--quiet", "--", *self.dependencies])]

    def mounts(self) -> list[str]:
        """The helper module."""
        return [HELPER]


@dataclass(frozen=True, kw_only=True)
class PythonScript(Packages, Script):
    """Runs a text in Python. It may hold `true`, `false` and `null`, which templates write."""

    head: ClassVar[str] = "true = True\nfalse = False\nnull = None\n"


@dataclass(frozen=True, kw_only=True)
class PythonCommands(Packages, Commands):
    """Runs lines of a shell, with Python at hand."""
