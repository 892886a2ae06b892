"""What other processes have to say about an execution that runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lease(Protocol):
    """An execution's hold on the store: it is known to run as long as the lease lives."""

    def claim(self) -> int | None:
        """Ask for a slot of the flow's `concurrency`.

        None: it is granted, or there is no limit. A number: so many executions of the flow are running; an
        execution that may wait for its turn is in the queue now.
        """
        ...

    def granted(self) -> bool:
        """Whether the turn of a queued execution has come."""
        ...

    def kill_requested(self) -> bool:
        """Whether another process asked for the execution's end."""
        ...

    def resume_requested(self) -> tuple[str, Mapping[str, Any] | None] | None:
        """The task run that another process asked to go on, and the inputs of its word; None: nobody did."""
        ...

    def release(self) -> None:
        """The execution is not at work here any more."""
        ...


class NoLease:
    """For an execution that no other process knows of."""

    def claim(self) -> int | None:
        return None

    def granted(self) -> bool:
        return True

    def kill_requested(self) -> bool:
        return False

    def resume_requested(self) -> tuple[str, Mapping[str, Any] | None] | None:
        return None

    def release(self) -> None:
        """Nobody knew of it."""
