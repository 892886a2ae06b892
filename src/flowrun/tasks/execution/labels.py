"""`io.kestra.plugin.core.execution.Labels`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from flowrun.errors import TaskFailed
from flowrun.model.properties import Templated
from flowrun.model.task import ExecutionChange, RunnableTask
from flowrun.template import to_text

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Labels(RunnableTask):
    """Adds labels to the execution: a map, a list of `{key, value}`, or the JSON text of either."""

    inline: ClassVar[bool] = True
    edits_execution: ClassVar[bool] = True
    output_fields: ClassVar[dict[str, str]] = {}

    labels: Templated[str | dict[str, Any] | list[dict[str, Any]]]

    def run(self, ctx: RunContext) -> ExecutionChange:  # noqa: ARG002
        labels = pairs(read(self.labels))
        for key, value in labels.items():
            if key.startswith("system."):
                sentence = "System labels can only be set by Kestra itself, offending label"
                raise TaskFailed(f"{sentence}: {key}={value}")
            if not value:
                raise TaskFailed(f"Label values cannot be empty, offending label: {key}")
        return ExecutionChange(labels=labels)


def read(labels: Any) -> Any:
    """The data that a text holds."""
    if not isinstance(labels, str):
        return labels
    try:
        return json.loads(labels)
    except ValueError as problem:
        raise TaskFailed(f"Unable to parse the labels: {problem}") from problem


def pairs(labels: Any) -> dict[str, str]:
    """Keys and values of either spelling."""
    if isinstance(labels, dict):
        return {key: text_of(value) for key, value in labels.items()}
    listed = labels if isinstance(labels, list) else []
    if not listed or not all(isinstance(one, dict) and "key" in one for one in listed):
        raise TaskFailed("Unknown value type: labels are a map, or a list of maps with `key` and `value`")
    return {str(one["key"]): text_of(one.get("value")) for one in listed}


def text_of(value: Any) -> str:
    """A value as the text of a label."""
    return "" if value is None else to_text(value)
