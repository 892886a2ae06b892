"""What the tasks of this package share."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.model.properties import Templated
from flowrun.model.task import Task


@dataclass(frozen=True, kw_only=True)
class StateTask(Task):
    """Which state is meant: that of the flow or of the namespace, of a loop's value or not."""

    name: Templated[str] = "default"
    namespace: Templated[bool] = False
    taskrun_value: Templated[bool] = True
