"""What the body of a task is given: see `flowrun.model.run_context`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.model.execution import TaskRun
    from flowrun.model.log import LogLevel
    from flowrun.template import Host

LONGEST_MESSAGE = 15_000


class TaskRunContext:
    """The `RunContext` of one attempt. `write` takes a level and a message, from any thread."""

    def __init__(
        self,
        task_run: TaskRun,
        variables: Mapping[str, Any],
        host: Host | None,
        write: Callable[[TaskRun, LogLevel, str], None],
    ) -> None:
        self.task_run = task_run
        self.variables = variables
        self.host = host
        self.cancelled = False
        self._write = write

    def log(self, level: LogLevel, message: str) -> None:
        """Messages of more than 15,000 characters are split, as on the server."""
        for start in range(0, len(message) or 1, LONGEST_MESSAGE):
            self._write(self.task_run, level, message[start : start + LONGEST_MESSAGE])

    def render(self, source: str) -> str:
        return render(source, self.variables, self.host)
