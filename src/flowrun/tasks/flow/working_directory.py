"""`io.kestra.plugin.core.flow.WorkingDirectory`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from flowrun.model.namespace_files import NamespaceFiles
from flowrun.model.properties import NotEmpty, Templated
from flowrun.model.task import FlowableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Files of the directory that are kept for the next execution."""

    patterns: Templated[list[str] | None] = None
    ttl: Templated[timedelta | None] = None


@dataclass(frozen=True, kw_only=True)
class WorkingDirectory(FlowableTask):
    """Runs its tasks one after the other in one directory that they share."""

    output_fields: ClassVar[dict[str, str]] = {"outputFiles": "object"}

    tasks: Annotated[list[Task], NotEmpty("The 'tasks' property cannot be empty")]
    input_files: Templated[dict[str, Any] | None] = None
    output_files: Templated[list[str] | None] = None
    namespace_files: NamespaceFiles | None = None
    cache: Cache | None = None

    def children(self) -> Iterator[Task]:
        return iter(self.tasks)
