"""`io.kestra.plugin.core.templating.TemplatedTask`."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class TemplatedTask(Task):
    """Runs the task whose YAML `spec` renders to; its outputs are those of that task."""

    spec: Templated[str]
