"""`io.kestra.plugin.core.flow.WorkingDirectory`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.engine.steps import InOrder
from flowrun.model.namespace_files import NamespaceFiles
from flowrun.model.properties import NotEmpty, Templated
from flowrun.model.task import FlowableContext, FolderTask, Steps, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Files of the directory that are kept for the next execution."""

    patterns: Templated[list[str] | None] = None
    ttl: Templated[timedelta | None] = None


@dataclass(frozen=True, kw_only=True)
class WorkingDirectory(FolderTask):
    """Runs its tasks one after the other in one directory that they share."""

    output_fields: ClassVar[dict[str, str]] = {"outputFiles": "object"}

    tasks: Annotated[list[Task], NotEmpty("The 'tasks' property cannot be empty")]
    input_files: Templated[dict[str, Any] | None] = None
    output_files: Templated[list[str] | None] = None
    namespace_files: NamespaceFiles | None = None
    cache: Cache | None = None

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)

    def steps(self, ctx: FlowableContext) -> Steps:  # noqa: ARG002
        return InOrder(self.tasks)

    @property
    def touches_files(self) -> bool:
        return any((self.input_files, self.output_files, self.namespace_files, self.cache))

    def prepare(self, ctx: RunContext) -> None:
        """The cached files first, as all others go over them."""
        if self.cache is not None:
            from flowrun.tasks.flow.folder_cache import restore

            restore(ctx, self.cache.ttl)
        if self.namespace_files is not None:
            ctx.load_namespace_files(self.namespace_files)
        if self.input_files:
            ctx.write_input_files(self.input_files)

    def finish(self, ctx: RunContext) -> Mapping[str, Any] | None:
        if self.cache is not None and self.cache.patterns:
            from flowrun.tasks.flow.folder_cache import save

            save(ctx, self.cache.patterns)
        if not self.output_files:
            return None
        return {"outputFiles": ctx.capture_output_files(self.output_files)}
