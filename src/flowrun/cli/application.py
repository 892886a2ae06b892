"""The Typer application. A command's module is imported when the command is called, or for `--help`."""

import importlib
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from flowrun import __version__

if TYPE_CHECKING:
    import click

COMMANDS = (
    "run",
    "validate",
    "render",
    "show",
    "history",
    "logs",
    "restart",
    "resume",
    "replay",
    "kill",
    "flow",
    "kv",
    "files",
    "secrets",
    "cache",
    "schema",
    "init",
)


class Stopped(Exception):
    """A command was stopped from outside: by a signal, by `--timeout`, or by a reader that went away."""

    def __init__(self, cause: KeyboardInterrupt | BrokenPipeError) -> None:
        super().__init__(repr(cause))
        self.cause = cause


class LazyGroup(TyperGroup):
    """Finds a command by the name of its module."""

    def list_commands(self, ctx: "click.Context") -> list[str]:  # noqa: ARG002
        """The names, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: "click.Context", cmd_name: str) -> "click.Command | None":  # noqa: ARG002
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(importlib.import_module(f"flowrun.cli.commands.{cmd_name}").app)
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: "click.Context", args: list[str]
    ) -> "tuple[str | None, click.Command | None, list[str]]":
        """As click's, but an unknown command is answered with the nearest known one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from flowrun.diagnostics import did_you_mean
            from flowrun.errors import UsageError

            hint = did_you_mean(args[0], COMMANDS) or f"the commands are {', '.join(COMMANDS)}"
            raise UsageError(f"there is no command `{args[0]}`", hint=hint)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: "click.Context") -> object:
        """As click's, which would turn an interrupt and a broken pipe into exit code 1 before we see them."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, BrokenPipeError) as cause:
            raise Stopped(cause) from cause


app = typer.Typer(
    name="flowrun",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(cls=LazyGroup)
def flowrun(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Check and run Kestra flow files: no server, no JVM, no container."""
    if version:
        typer.echo(f"flowrun {__version__}")
        raise typer.Exit


def invoke(arguments: list[str]) -> int:
    """Run one command line. Returns its exit code; raises click's and our own errors."""
    result = app(args=arguments, prog_name="flowrun", standalone_mode=False)
    return result if isinstance(result, int) else 0
