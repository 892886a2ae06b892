"""Asking somebody at the terminal for the word that a paused execution waits for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from flowrun.app.resuming import as_flow, resolved
from flowrun.cli.look import error_painter
from flowrun.cli.prompts import ask_for_inputs, can_ask, read_line
from flowrun.cli.signals import BrokenOff, broken_off_by_signals
from flowrun.engine.scope import execution_variables
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.cli.display import Display
    from flowrun.model.execution import TaskRun
    from flowrun.runtime.live import LiveExecution

    Ask = Callable[[LiveExecution, TaskRun], Mapping[str, Any] | None]


def asker(display: Display, *, no_input: bool) -> Ask | None:
    """What asks, or None where nobody is to be asked."""
    if no_input or not can_ask(os.environ):
        return None

    def ask(live: LiveExecution, task_run: TaskRun) -> Mapping[str, Any] | None:
        for sink in live.sinks:
            sink.flush()
        paint = error_painter(display.color)
        flow = as_flow(live.run.flow, task_run)
        sys.stderr.write(f"{paint('title', 'paused')} at {task_run.task_id}\n")
        try:
            sys.stderr.write("  Enter goes on, q leaves it paused")
            with broken_off_by_signals():
                if read_line(" > ").strip().lower() in ("q", "quit"):
                    return None
                seen = execution_variables(live.run)
                given = ask_for_inputs(flow, {}, paint, live.workplace, seen) if flow.inputs else {}
        except (EOFError, UsageError, BrokenOff):
            sys.stderr.write("\n")
            return None
        return resolved(live.run, task_run, given, live.files.storage)

    return ask
