"""What templates of a run may ask of the world (`flowrun.template.Host`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrun.errors import TemplateError
from flowrun.template import NoHost

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flowrun.engine.run import Run
    from flowrun.model.log import LogEntry
    from flowrun.model.workplace import Workplace
    from flowrun.runtime.clock import Clock
    from flowrun.runtime.files import FlowFiles


class EngineHost(NoHost):
    """For what the engine renders itself: inputs, conditions, loop values, outputs. Time is the run's own.

    `files`: what may be read; without them nothing. `workplace`: that of a run; without it `http` may ask nobody.
    """

    def __init__(self, clock: Clock, files: FlowFiles | None = None, workplace: Workplace | None = None) -> None:
        self.clock = clock
        self.files = files
        self.workplace = workplace

    def now(self) -> datetime:
        return self.clock.now()

    def secret(self, key: str, **options: Any) -> Any:
        return self.files.secrets.find(key, options.get("subkey")) if self.files else super().secret(key, **options)

    def kv(self, key: str, **options: Any) -> Any:
        if not self.files or not self.files.pairs:
            return super().kv(key, **options)
        must = options.get("error_on_missing") is not False
        return self.files.kv(key, self.now(), options.get("namespace"), error_on_missing=must)

    def read(self, path: str, **options: Any) -> str:
        return self.files.read(path, options.get("namespace")) if self.files else super().read(path, **options)

    def file_size(self, path: str, **options: Any) -> int:
        return self.files.size(path, options.get("namespace")) if self.files else super().file_size(path, **options)

    def file_exists(self, path: str, **options: Any) -> bool:
        return self.files.exists(path, options.get("namespace")) if self.files else super().file_exists(path, **options)

    def is_file_empty(self, path: str, **options: Any) -> bool:
        if not self.files:
            return super().is_file_empty(path, **options)
        return self.files.is_empty(path, options.get("namespace"))

    def http(self, uri: str, **options: Any) -> Any:
        if self.workplace is None:
            return super().http(uri, **options)
        from flowrun.runtime.http_function import fetch

        return fetch(uri, options, workplace=self.workplace, cancelled=self.is_stopping)

    def is_stopping(self) -> bool:
        """Whether what takes long should be given up."""
        return False

    def error_logs(self) -> list[Any]:
        """Refused: the server knows the logs in task properties only (flow reference, 11.3)."""
        raise TemplateError("The 'errorLogs' function can only be used in the properties of a runnable task.")


class TaskHost(EngineHost):
    """For the properties of a task."""

    def __init__(
        self, run: Run, clock: Clock, files: FlowFiles | None = None, workplace: Workplace | None = None
    ) -> None:
        super().__init__(clock, files, workplace)
        self.run = run

    def is_stopping(self) -> bool:
        return self.run.stopping is not None

    def error_logs(self) -> list[Any]:
        return [error_log(entry) for entry in self.run.error_logs]


def error_log(entry: LogEntry) -> dict[str, Any]:
    """An ERROR line as `errorLogs()` gives it."""
    ids = {"taskId": entry.task_id, "taskRunId": entry.task_run_id}
    known = {key: value for key, value in ids.items() if value is not None}
    return {**known, "timestamp": entry.at, "level": entry.level.value, "message": entry.message}


def environment_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What templates see as `envs`: variables that begin with `ENV_`, without it and in lower case."""
    return {name[4:].lower(): value for name, value in environment.items() if name.startswith("ENV_")}
