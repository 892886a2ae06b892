"""What templates of a run may ask of the world (`flowrun.template.Host`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.errors import TemplateError
from flowrun.template import NoHost

if TYPE_CHECKING:
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.log import LogEntry
    from flowrun.runtime.clock import Clock


class EngineHost(NoHost):
    """For what the engine renders itself: conditions, loop values, outputs. Time is the run's own."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def error_logs(self) -> list[Any]:
        """Refused: the server knows the logs in task properties only (flow reference, 11.3)."""
        raise TemplateError("The 'errorLogs' function can only be used in the properties of a runnable task.")


class TaskHost(EngineHost):
    """For the properties of a task."""

    def __init__(self, run: Run, clock: Clock) -> None:
        super().__init__(clock)
        self.run = run

    def error_logs(self) -> list[Any]:
        return [error_log(entry) for entry in self.run.error_logs]


def error_log(entry: LogEntry) -> dict[str, Any]:
    """An ERROR line as `errorLogs()` gives it."""
    ids = {"taskId": entry.task_id, "taskRunId": entry.task_run_id}
    known = {key: value for key, value in ids.items() if value is not None}
    return {**known, "timestamp": entry.at, "level": entry.level.value, "message": entry.message}
