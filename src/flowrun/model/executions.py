"""What a task may ask of the executions that are kept, its own among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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
