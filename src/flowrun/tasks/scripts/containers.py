"""Scripts in containers, through the command line of an engine: `docker` or `podman`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed, UsageError
from flowrun.model.log import LogLevel
from flowrun.model.workplace import Runner
from flowrun.tasks.scripts.host import FOR_CONTAINERS, host_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flowrun.model.run_context import RunContext

PROCESS_RUNNER = "io.kestra.plugin.core.runner.Process"
USED = {"user": "--user", "networkMode": "--network"}
"""Properties of a container runner, and the option that does the same."""
KNOWN = {"type", "version", "pullPolicy", "entryPoint", "image", *USED}


def engine_for(runner: Runner) -> str | None:
    """The engine to be used, None for this machine. Raises `UsageError` when the one that was asked for is missing."""
    if runner is Runner.PROCESS:
        return None
    names = ("docker", "podman") if runner is Runner.AUTO else (runner.value,)
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None and runner is not Runner.AUTO:
        hint = "leave out --runner, and scripts run on this machine"
        raise UsageError(f"--runner {runner.value}: there is no `{runner.value}` on PATH", hint=hint)
    return found


@dataclass(frozen=True, slots=True)
class Container:
    """A container for one attempt. `options`: the properties of its runner. `read_only`: folders of this machine."""

    engine: str
    image: str
    name: str
    options: Mapping[str, Any]
    read_only: Sequence[str] = ()

    def run(
        self,
        ctx: RunContext,
        command: Sequence[str],
        variables: Mapping[str, str],
        on_lines: Callable[[list[str], bool], None],
    ) -> int:
        """Run a command in it, in the folder of the attempt, and return its exit code. Raises `TaskFailed`."""
        self.fetch(ctx)
        if ignored := sorted(set(self.options) - KNOWN):
            ctx.log(LogLevel.WARN, f"The properties {', '.join(ignored)} of the task runner have no effect here")
        # The values go through the environment of the engine's command: arguments can be seen by everybody.
        environment = {**variables, **host_environment(*FOR_CONTAINERS)}
        try:
            return ctx.run_process(self.command(ctx, command, variables), on_lines, environment=environment)
        finally:
            if ctx.cancelled:  # a killed command does not end its container
                self.remove()

    def command(self, ctx: RunContext, command: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """The command line of the engine."""
        folder = str(ctx.working_dir)
        whole: list[str] = [*(one for one in self.options.get("entryPoint") or () if one), *command]
        entry, arguments = whole[0], whole[1:]
        return [
            *(self.engine, "run", "--rm", "--name", self.name, "--pull", "never"),
            *(["--init"] if self.engine.endswith("docker") else []),  # podman's needs a package of its own
            *("--volume", f"{folder}:{folder}", "--workdir", folder),
            *(part for one in self.read_only for part in ("--volume", f"{one}:{one}:ro")),
            *(part for key, value in variables.items() for part in ("--env", variable(key, value))),
            *(part for key, option in USED.items() if self.options.get(key) for part in self.option(ctx, key, option)),
            *("--entrypoint", entry, self.image, *arguments),
        ]

    def option(self, ctx: RunContext, key: str, option: str) -> Iterator[str]:
        """An option for a property of the runner."""
        yield option
        yield ctx.render(str(self.options[key]))

    def fetch(self, ctx: RunContext) -> None:
        """Have the image at hand. Whatever is pulled is told in the log. Raises `TaskFailed`."""
        if self.image.startswith("-"):
            raise TaskFailed(f"`{self.image}` is no name of an image: the engine would take it for an option")
        policy = str(self.options.get("pullPolicy") or "IF_NOT_PRESENT")
        if policy != "ALWAYS" and self.ask(ctx, "image", "inspect", self.image)[0] == 0:
            return
        if policy == "NEVER":
            raise TaskFailed(f"there is no image `{self.image}` here, and `pullPolicy` is NEVER")
        ctx.workplace.use_network(f"task `{ctx.variables['task']['id']}`", f"pull image `{self.image}`")
        ctx.log(LogLevel.INFO, f"Pulling image {self.image}")
        code, told = self.ask(ctx, "pull", self.image)
        if code:
            raise TaskFailed(f"cannot pull image `{self.image}`: {told[-1] if told else f'exit code {code}'}")

    def ask(self, ctx: RunContext, *arguments: str) -> tuple[int, list[str]]:
        """Call the engine; its exit code, and what it wrote to stderr."""
        told: list[str] = []

        def keep(lines: list[str], is_error: bool) -> None:  # noqa: FBT001 - the shape of `RunContext.run_process`
            if is_error:
                told.extend(lines)

        code = ctx.run_process([self.engine, *arguments], keep, environment=host_environment(*FOR_CONTAINERS))
        return code, told

    def remove(self) -> None:
        """End the container, whatever it does."""
        with suppress(OSError, subprocess.TimeoutExpired):
            command = [self.engine, "rm", "--force", self.name]
            subprocess.run(  # noqa: S603 - the engine that the caller chose
                command, env=host_environment(*FOR_CONTAINERS), capture_output=True, timeout=10, check=False
            )


def variable(name: str, value: str) -> str:
    """How `--env` is told of a variable: those that the engine's own command needs are written out."""
    return f"{name}={value}" if name in host_environment(*FOR_CONTAINERS) else name
