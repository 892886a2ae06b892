"""`io.kestra.plugin.core.flow.Template`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from flowrun.model.task import FlowableTask, Task

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Template(FlowableTask):
    """Ran a list of tasks that is stored on the server; flows that use one are refused now."""

    output_fields: ClassVar[dict[str, str]] = {"args": "object"}

    namespace: str
    template_id: str
    tenant_id: str | None = None
    args: dict[str, str] | None = None

    def children(self) -> Iterator[Task]:
        return iter(())
