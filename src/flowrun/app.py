"""Wiring: what the command line (and later a server) asks for, in a few calls.

This is the only place that knows both how flows are loaded and how they are run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.loading.source import Source
    from flowrun.model.execution import Execution
    from flowrun.model.flow import Flow
    from flowrun.model.sink import Sink


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a flow is run. `jobs`: worker threads, default `min(32, 4 × cores)`."""

    virtual_time: bool = False
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A line of `--dry-run`: a task at its depth, with the properties that can be rendered already.

    `properties` holds rendered text, or the template itself where it needs what only a run knows;
    `pending` names those.
    """

    depth: int
    branch: str
    id: str
    type: str
    properties: Mapping[str, str] = field(default_factory=dict)
    pending: Sequence[str] = ()


def load(source: Source) -> Flow:
    """The flow of a file. Raises `FlowInvalid` with every problem at once, `TypesMissing` for types that can't run."""
    raise NotImplementedError


def resolve_inputs(flow: Flow, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The typed inputs of a start. Raises `StartRefused` with Kestra's sentence."""
    raise NotImplementedError


def plan(flow: Flow, raw_inputs: Mapping[str, Any]) -> list[PlannedTask]:
    """What a run would do, without doing it. Raises `StartRefused`."""
    raise NotImplementedError


def execute(
    flow: Flow,
    raw_inputs: Mapping[str, Any],
    labels: Mapping[str, str],
    sinks: Sequence[Sink],
    options: RunOptions,
) -> Execution:
    """Run a flow to its end. Raises `StartRefused` when no execution could be created."""
    raise NotImplementedError
