"""What a task may ask of the executions that are kept, its own among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from flowrun.model.execution import Execution
    from flowrun.model.log import LogEntry, LogLevel
    from flowrun.model.state import StateType


@dataclass(frozen=True, slots=True)
class Wanted:
    """The executions of a flow, or of all flows of a namespace, that began from `start` to `end`; without `states` in any."""

    namespace: str
    flow_id: str | None
    states: Sequence[StateType]
    start: datetime
    end: datetime | None

    def fits(self, one: Execution) -> bool:
        """Whether an execution is one of them."""
        of_flow = one.namespace == self.namespace and self.flow_id in (None, one.flow_id)
        in_time = self.start <= one.start and (self.end is None or one.start <= self.end)
        return of_flow and in_time and (not self.states or one.current in self.states)


@dataclass(frozen=True, slots=True)
class Scope:
    """Executions of a namespace and of those below it; with `flow_id` of this flow in the namespace alone. None: of any."""

    namespace: str | None = None
    flow_id: str | None = None

    def holds(self, one: Execution) -> bool:
        """Whether an execution is one of them."""
        if self.flow_id is not None:
            return one.flow_id == self.flow_id and self.namespace in (None, one.namespace)
        return self.namespace is None or f"{one.namespace}.".startswith(f"{self.namespace}.")


@dataclass(frozen=True, slots=True)
class Outdated:
    """Executions that had ended by `end`, and did not begin before `start`; without `states` in any."""

    scope: Scope
    states: Sequence[StateType]
    start: datetime | None
    end: datetime

    def fits(self, one: Execution) -> bool:
        """Whether an execution is one of them."""
        last, at = one.state.histories[-1]
        in_time = at <= self.end and (self.start is None or one.start >= self.start)
        return last.is_terminal and in_time and self.scope.holds(one) and (not self.states or last in self.states)


@dataclass(frozen=True, slots=True)
class OutdatedLines:
    """Lines of logs that were written from `start` to `end`; without `levels` of any, with `execution_id` of this one."""

    scope: Scope
    execution_id: str | None
    levels: Sequence[LogLevel]
    start: datetime | None
    end: datetime

    def fits(self, entry: LogEntry) -> bool:
        """Whether a line of such an execution is one of them."""
        in_time = entry.at <= self.end and (self.start is None or entry.at >= self.start)
        return in_time and (not self.levels or entry.level in self.levels)


@dataclass(frozen=True, slots=True)
class Parts:
    """What of an execution goes. Its log goes with it."""

    execution: bool
    log: bool
    files: bool


@dataclass(frozen=True, slots=True)
class Purged:
    """What has gone: executions, lines of their logs, and for each execution its files and their folders."""

    executions: int
    lines: int
    files: Sequence[int]


class Executions(Protocol):
    """The executions of the store; without one, those of this process. Safe for several threads.

    All methods raise `StoreError`.
    """

    def find(self, execution_id: str) -> Execution | None:
        """The execution of this id, as it is now; not to be changed."""
        ...

    def log(self, execution_id: str, least: LogLevel) -> Iterator[LogEntry]:
        """The log of an execution from a level on, in order; nothing for one that there is not."""
        ...

    def count(self, wanted: Wanted) -> int:
        """How many executions there are of that kind."""
        ...

    def resume(self, execution_id: str, inputs: Mapping[str, Any] | None) -> bool:
        """Give the word that a PAUSED execution waits for; False when it waits for none, or has been given one already."""
        ...

    def switch(self, namespace: str, flow_id: str, trigger_id: str, *, enabled: bool) -> None:
        """Switch a trigger of a flow on or off. Raises `TaskFailed` when there is no such flow, or no such trigger in it."""
        ...

    def purge(self, outdated: Outdated, parts: Parts, batch_size: int) -> Iterator[Purged]:
        """Delete executions, or parts of them, that have ended and that no process goes on with; what of each batch has gone."""
        ...

    def purge_log(self, outdated: OutdatedLines) -> Iterator[int]:
        """Delete lines of logs; how many of each execution have gone."""
        ...

    def holding(self, execution_id: str) -> AbstractContextManager[bool]:
        """Keep everybody from going on with an execution meanwhile; False when it has not ended, True when there is none."""
        ...
