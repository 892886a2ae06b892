"""The execution that a task means: its own, or one that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.errors import TaskFailed

if TYPE_CHECKING:
    from flowrun.model.run_context import RunContext


def chosen_execution(ctx: RunContext, execution_id: str | None, namespace: str | None, flow_id: str | None) -> str:
    """The id of the execution. The server wants its flow named wholly or not at all, and looks no further.

    Raises `TaskFailed`.
    """
    if execution_id is None:
        if namespace is not None or flow_id is not None:
            raise TaskFailed("`namespace` and `flowId` should only be set when `executionId` is set.")
        return str(ctx.variables["execution"]["id"])
    if (namespace is None) != (flow_id is None):
        raise TaskFailed("Both `namespace` and `flowId` must be set when `executionId` is set.")
    return execution_id
