"""`io.kestra.plugin.core.log.Fetch`."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.engine.scope import TENANT
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.model.task import RunnableTask
from flowrun.tasks.execution.chosen import chosen_execution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flowrun.model.execution import Execution
    from flowrun.model.log import LogEntry
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Fetch(RunnableTask):
    """Writes the log of an execution, its own by default, into a file."""

    deprecated: ClassVar[str | None] = "ask the API for the log"
    looks_around: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {"size": "integer", "uri": "string"}

    execution_id: Templated[str | None] = None
    namespace: Templated[str | None] = None
    flow_id: Templated[str | None] = None
    tasks_id: Templated[list[str] | None] = None
    level: Templated[LogLevel] = LogLevel.INFO

    def run(self, ctx: RunContext) -> dict[str, Any]:
        execution_id = chosen_execution(ctx, self.execution_id, self.namespace, self.flow_id)
        size = 0
        with (ctx.working_dir / "log").open("w+b") as file:
            for line in self.lines(ctx, execution_id):
                file.write(line.encode(errors="replace"))
                size += 1
            file.seek(0)
            uri = ctx.put_file(file, f"{random.getrandbits(63)}.ion")
        return {"size": size, "uri": uri}

    def lines(self, ctx: RunContext, execution_id: str) -> Iterator[str]:
        """The lines of the file; none for an execution that there is not."""
        if execution := ctx.executions.find(execution_id):
            for entry in ctx.executions.log(execution_id, LogLevel(self.level)):
                if not self.tasks_id or entry.task_id in self.tasks_id:
                    yield ion_line(entry, execution)


def ion_line(entry: LogEntry, execution: Execution) -> str:
    """A line of the log as the server writes it. All lines are written by one thread here, so its name says nothing."""
    fields = {
        "tenantId": quoted(TENANT),
        "namespace": quoted(execution.namespace),
        "flowId": quoted(execution.flow_id),
        "taskId": quoted(entry.task_id),
        "executionId": quoted(execution.id),
        "taskRunId": quoted(entry.task_run_id),
        "attemptNumber": attempt_number(entry, execution),
        "triggerId": "null",
        "timestamp": ion_time(entry.at),
        "level": quoted(entry.level.value),
        "thread": "null",
        "message": quoted(entry.message),
        "executionKind": "null",
        "progress": "null",
    }
    return "{" + ",".join([f"{name}:{value}" for name, value in fields.items()]) + "}\n"


def quoted(text: str | None) -> str:
    """A text of Ion, which reads all escapes of JSON; null for None."""
    return json.dumps(text, ensure_ascii=False)


def ion_time(moment: datetime) -> str:
    """A moment of Ion, in milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def attempt_number(entry: LogEntry, execution: Execution) -> str:
    """The number of the attempt that wrote a line, from 0: the last one that had begun by then."""
    if entry.task_run_id is None:
        return "null"
    task_run = execution.task_runs.get(entry.task_run_id)
    begun = [one for one in task_run.attempts if one.state.start <= entry.at] if task_run else []
    return str(max(0, len(begun) - 1))
