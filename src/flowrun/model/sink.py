"""Where events go: terminal, JSON, store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from flowrun.model.events import Event
    from flowrun.model.log import LogBatch


class Sink(Protocol):
    """Gets every event of an execution, in order, after it was folded into the execution.

    The first event is `ExecutionCreated` or `ExecutionRestarted`; the `Execution` that it carries is the
    live one, and shows at each moment what has happened so far.
    """

    def handle(self, event: Event) -> None:
        """Take one event. Called by the engine's thread only."""
        ...

    def flush(self) -> None:
        """The run waits for something, or is about to touch the world: let out what is held back.

        Called many times, at least every `runtime.loop.TICK` seconds while the run waits.
        """
        ...

    def close(self) -> None:
        """The run is over, or was cut short: write what is still held back."""
        ...


@runtime_checkable
class BatchSink(Sink, Protocol):
    """A sink that takes many log lines at once quicker than one after the other."""

    def handle_batch(self, batch: LogBatch) -> None:
        """As `handle` with `LogWritten` for each line."""
        ...


class Record(Sink, Protocol):
    """The sink that keeps an execution."""

    def doubt(self) -> None:
        """An interrupt may have cut something short, of which the sink was not told: take everything for changed."""
        ...
