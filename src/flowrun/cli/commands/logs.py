"""`flowrun logs`: the log of an execution that was kept."""

import json
import sys
from typing import Annotated

import typer

from flowrun.app import kept
from flowrun.cli.display import Display, id_width, text_sink
from flowrun.cli.look import ColorChoice
from flowrun.cli.options import (
    Ascii,
    Color,
    ExecutionId,
    Format,
    Last,
    Level,
    RunOutput,
    TextOrJson,
    execution_wanted,
)
from flowrun.errors import ExitCode
from flowrun.model.log import LogLevel
from flowrun.sinks.json_document import log_document

app = typer.Typer(add_completion=False)


@app.command(context_settings={"help_option_names": ["-h", "--help"]})
def logs(
    execution: ExecutionId = None,
    *,
    last: Last = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task", envvar="FLOWRUN_TASK", metavar="ID", show_default=False, help="Only of this task; repeatable."
        ),
    ] = None,
    log_level: Level = LogLevel.INFO,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", envvar="FLOWRUN_FOLLOW", help="Go on until the execution ends.")
    ] = False,
    format: Format = TextOrJson.TEXT,  # noqa: A002
    color: Color = ColorChoice.AUTO,
    ascii: Ascii = False,  # noqa: A002
) -> int:
    """Show the log of an execution. With json: an object a line."""
    sink = None
    for entries in kept.read_log(execution_wanted(execution, last=last), log_level, follow=follow):
        wanted = [entry for entry in entries if not task or entry.task_id in task]
        if format is TextOrJson.JSON:
            sys.stdout.writelines(json.dumps(log_document(entry), ensure_ascii=False) + "\n" for entry in wanted)
            sys.stdout.flush()
            continue
        if sink is None:
            display = Display(RunOutput.TEXT, color, ascii, LogLevel.TRACE, quiet=False)
            sink = text_sink(sys.stdout, display, id_width([entry.task_id or "-" for entry in wanted]))
        for entry in wanted:
            sink.write_log(entry)
    return ExitCode.SUCCESS
