"""`flowrun kill`: end an execution that another process kept."""

import sys

import typer

from flowrun.app import kept
from flowrun.cli.look import error_painter
from flowrun.cli.options import ExecutionId, Last, execution_wanted
from flowrun.errors import ExitCode

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def kill(execution: ExecutionId = None, *, last: Last = False) -> int:
    """End an execution: nothing new starts, what runs is told to end, `afterExecution` kept. Waits for the end."""
    ended = kept.kill(execution_wanted(execution, last=last), warn)
    done = "killed" if ended.killed else f"has ended already: {ended.state.value}"
    sys.stdout.write(f"{ended.id} {done}\n")
    return ExitCode.SUCCESS


def warn(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{error_painter()('warning', 'warning:')} {text}\n")
