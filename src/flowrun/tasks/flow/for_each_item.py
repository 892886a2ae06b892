"""`io.kestra.plugin.core.flow.ForEachItem`, and the three tasks that it unfolds into (flow reference, 5.10)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import InOrder
from flowrun.errors import FlowrunError, TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import GivenLabels, NotEmpty, Rendered, Templated
from flowrun.model.state import StateType
from flowrun.model.storage import SCHEME, output_uri
from flowrun.model.task import (
    CalledExecution,
    CallingTask,
    FlowableContext,
    FlowableTask,
    FlowCall,
    FlowCalls,
    RunnableTask,
    Steps,
    Task,
)
from flowrun.tasks.flow.rendered import deep
from flowrun.tasks.flow.subflow import RestartBehavior, given_labels, moment
from flowrun.tasks.storage.batches import split
from flowrun.tasks.storage.stored import PIECE, extension_of, keep_file, stored
from flowrun.template.ion_text import to_ion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowrun.model.execution import TaskRun
    from flowrun.model.run_context import RunContext

CALL = (
    "namespace",
    "flow_id",
    "revision",
    "inputs",
    "labels",
    "wait",
    "transmit_failed",
    "inherit_labels",
    "schedule_date",
    "restart_behavior",
)
"""The properties that say which flow is called, and how."""

GRAVEST = (StateType.FAILED, StateType.KILLED, StateType.WARNING)
"""The states of the executions that decide on that of the whole, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How the file is cut: by lines, by size or into a number of parts."""

    rows: Templated[int | None] = None
    bytes: Templated[str | None] = None
    partitions: Templated[int | None] = None
    separator: Templated[str] = "\n"
    regex_pattern: Templated[str | None] = None

    @property
    def or_single_rows(self) -> Batch:
        """Itself; one row a batch when nothing is asked for."""
        asked = (self.rows, self.bytes, self.partitions, self.regex_pattern)
        return self if any(one is not None for one in asked) else Batch(rows=1, separator=self.separator)


@dataclass(frozen=True, kw_only=True)
class ForEachItem(FlowableTask):
    """Cuts a file into batches and runs a flow for each of them: `ID_split`, `ID_items`, `ID_merge`."""

    output_fields: ClassVar[dict[str, str]] = {}

    items: Annotated[str, NotEmpty(), Rendered()]
    batch: Batch = field(default_factory=Batch)
    namespace: Annotated[str, NotEmpty(), Rendered()]
    flow_id: Annotated[str, NotEmpty(), Rendered()]
    revision: int | None = None
    inputs: Annotated[dict[str, Any] | None, Rendered()] = None
    labels: Annotated[Templated[Any], GivenLabels()] = None
    wait: bool = True
    transmit_failed: bool = True
    inherit_labels: bool = False
    schedule_date: Templated[datetime | None] = None
    restart_behavior: RestartBehavior = RestartBehavior.RETRY_FAILED
    tasks: list[Task] | None = None
    """Taken by the server, and without effect."""

    def children(self) -> Iterator[Task]:
        return iter(self.unfolded)

    @cached_property
    def unfolded(self) -> tuple[Task, ...]:
        """The tasks that do the work."""
        return (
            SplitItems(id=f"{self.id}_split", type=f"{self.type}$ForEachItemSplit", items=self.items, batch=self.batch),
            RunItems(
                id=f"{self.id}_items",
                type=f"{self.type}$ForEachItemExecutable",
                split=f"{self.id}_split",
                **{name: getattr(self, name) for name in CALL},
            ),
            MergeItems(id=f"{self.id}_merge", type=f"{self.type}$ForEachItemMergeOutputs", items=f"{self.id}_items"),
        )

    def steps(self, ctx: FlowableContext) -> Steps:  # noqa: ARG002
        return UntilKilled(self.unfolded)


class UntilKilled(InOrder):
    """Nothing is merged of executions that were killed."""

    def ended(self, task_run: TaskRun) -> None:
        super().ended(task_run)
        if task_run.current is StateType.KILLED:
            self.ready.clear()
            self.unfinished = 0


@dataclass(frozen=True, kw_only=True)
class SplitItems(RunnableTask):
    """Cuts the file; its output is a file that lists the batches."""

    items: Templated[str]
    batch: Batch

    def run(self, ctx: RunContext) -> dict[str, str]:
        if not self.items.startswith(f"{SCHEME}/"):
            problem = f"Unable to split the items from {self.items}, this is not an internal storage URI!"
            ctx.log(LogLevel.ERROR, problem)
            raise TaskFailed(problem)
        with stored(ctx, self.items) as file, TemporaryDirectory(prefix="flowrun-") as folder:
            parts = split(file, self.batch.or_single_rows, Path(folder))
            uris = [keep_file(ctx, part, extension_of(self.items)) for part in parts]
        return {"splits": ctx.put_file(BytesIO("\n".join(uris).encode()), "splits.txt")}


@dataclass(frozen=True, kw_only=True)
class RunItems(CallingTask):
    """Calls the flow once for each batch; `taskrun.items` and `taskrun.iteration` are its inputs' to see."""

    inherits_retry: ClassVar[bool] = False

    split: str
    namespace: Templated[str]
    flow_id: Templated[str]
    revision: int | None
    inputs: dict[str, Any] | None
    labels: Templated[Any]
    wait: bool
    transmit_failed: bool
    inherit_labels: bool
    schedule_date: Templated[datetime | None]
    restart_behavior: RestartBehavior

    def run(self, ctx: RunContext) -> FlowCalls:
        with ctx.storage.open(own_output(ctx, self.split, "splits")) as file:
            uris = file.read().decode().split()
        return FlowCalls([self.call(ctx, number, uri) for number, uri in enumerate(uris)], self.wait)

    def call(self, ctx: RunContext, number: int, uri: str) -> FlowCall:
        """The call for one batch. Raises `TemplateError`."""
        seen = {"taskrun": {**ctx.variables["taskrun"], "items": uri, "iteration": number}}
        return FlowCall(
            namespace=self.namespace,
            flow_id=self.flow_id,
            revision=self.revision,
            inputs=deep(self.inputs or {}, lambda text: ctx.render(text, seen) or (None if "{{" in text else "")),
            labels=given_labels(self.labels),
            inherit_labels=self.inherit_labels,
            schedule_date=moment(self.schedule_date),
            iteration=number,
            anew=self.restart_behavior is RestartBehavior.NEW_EXECUTION,
        )

    def call_ended(self, ctx: RunContext, number: int, called: CalledExecution) -> StateType:
        """Keep the outputs of an execution, for the merge."""
        try:
            written = called.written_outputs() if self.wait else None
        except FlowrunError as problem:
            ctx.log(LogLevel.WARN, f"Failed to extract outputs with the error: '{problem}'")
            return StateType.FAILED
        if written is not None:
            outputs, warnings = written
            for warning in warnings:
                ctx.log(LogLevel.WARN, warning)
            ctx.put_file(BytesIO(f"{to_ion(outputs)}\n".encode()), f"{number}/outputs.ion")
        return called.execution.current

    def ended(self, ctx: RunContext, results: Sequence[StateType]) -> tuple[StateType, Mapping[str, Any] | None]:
        if not results:
            return StateType.SUCCESS, None
        counts = Counter(results if self.wait else [StateType.SUCCESS] * len(results))
        state = next((one for one in GRAVEST if one in counts), StateType.SUCCESS)
        passed = {"CREATED": 0, "RUNNING": 0} if self.wait else {"RUNNING": 0}
        outputs = {
            "iterations": {**passed, **{one.value: count for one, count in counts.items()}},
            "numberOfBatches": len(results),
            "subflowOutputsBaseUri": base_uri(ctx, self.id, ctx.variables["taskrun"]["id"]).removeprefix(SCHEME),
        }
        return state if self.transmit_failed else StateType.SUCCESS, outputs


@dataclass(frozen=True, kw_only=True)
class MergeItems(RunnableTask):
    """Collects the outputs of all executions in one file, a line for each; no file when there are none."""

    items: str

    def run(self, ctx: RunContext) -> dict[str, str]:
        items = ctx.evaluate(f"{{{{ currentEachOutput(outputs['{self.items}']) }}}}")
        base = f"{SCHEME}{items.get('subflowOutputsBaseUri', '')}"
        uris = [f"{base}/{number}/outputs.ion" for number in range(items.get("numberOfBatches", 0))]
        found = [uri for uri in uris if ctx.storage.exists(uri)]
        if not found:
            return {}
        with TemporaryDirectory(prefix="flowrun-") as folder:
            merged = Path(folder, "merged")
            with merged.open("wb") as target:
                for uri in found:
                    with ctx.storage.open(uri) as file:
                        copyfileobj(file, target, PIECE)
            return {"subflowOutputs": keep_file(ctx, merged, ".ion")}


def own_output(ctx: RunContext, task_id: str, name: str) -> str:
    """An output of a sibling in the same pass of the loops around."""
    return str(ctx.evaluate(f"{{{{ currentEachOutput(outputs['{task_id}']).{name} }}}}"))


def base_uri(ctx: RunContext, task_id: str, task_run_id: str) -> str:
    """The folder in which a task run keeps its files."""
    return output_uri(ctx.execution_folder, task_id, task_run_id, "").rstrip("/")
