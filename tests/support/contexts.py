"""The context of a task body, over a storage and pairs of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowrun.model.execution import Execution, TaskRun
from flowrun.model.state import State
from flowrun.runtime.clock import VirtualClock
from flowrun.runtime.files import ExecutionFiles
from flowrun.runtime.host import EngineHost
from flowrun.runtime.properties import render_properties
from flowrun.runtime.run_context import TaskRunContext
from flowrun.runtime.secrets import Secrets
from flowrun.store.key_values import passing_pairs
from flowrun.store.storage import FolderStorage

if TYPE_CHECKING:
    from pathlib import Path

    from flowrun.model.task import RunnableTask

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """Runs single tasks of the execution `e1` of the flow `acme.team.flow`. Its clock only moves when it is told to."""

    def __init__(self, folder: Path, secrets: dict[str, str] | None = None) -> None:
        self.storage = FolderStorage(folder / "storage")
        self.pairs = passing_pairs()
        self.clock = VirtualClock(NOW)
        self.logs: list[str] = []
        self.contexts: list[TaskRunContext] = []
        execution = Execution("e1", "acme.team", "flow", 1, State.created(NOW))
        self.files = ExecutionFiles(self.storage, execution, self.pairs, Secrets(secrets))

    def context(self, value: str | None = None) -> TaskRunContext:
        """A context; `value`: that of the loop in which the task stands."""
        variables: dict[str, Any] = {
            "flow": {"id": "flow", "namespace": "acme.team"},
            "taskrun": {"value": value} if value is not None else {},
        }
        host = EngineHost(self.clock, self.files)
        task_run = TaskRun("r1", "task", State.created(NOW))
        context = TaskRunContext(
            task_run, variables, host, lambda _run, _level, texts: self.logs.extend(texts), self.files
        )
        self.contexts.append(context)
        return context

    def close(self) -> None:
        """Remove the working directories of all contexts."""
        for context in self.contexts:
            context.clear()

    def run(self, task_type: type[RunnableTask], *, loop_value: str | None = None, **properties: Any) -> dict[str, Any]:
        """The outputs of one task."""
        context = self.context(loop_value)
        task = task_type(id="task", type="type", **properties)
        try:
            outputs = render_properties(task, context.variables, context.host).run(context)
            assert outputs is None or isinstance(outputs, dict)
            return outputs or {}
        finally:
            context.clear()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.skip(self.clock.now() + timedelta(seconds=seconds))

    def text(self, uri: str) -> str:
        """What a stored file holds."""
        with self.storage.open(uri) as file:
            return file.read().decode()
