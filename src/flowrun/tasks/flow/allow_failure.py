"""`io.kestra.plugin.core.flow.AllowFailure`."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.model.state import StateType
from flowrun.tasks.flow.sequential import Sequential


@dataclass(frozen=True, kw_only=True)
class AllowFailure(Sequential):
    """A Sequential whose failure is only a warning."""

    def settle(self, state: StateType) -> StateType:
        return StateType.WARNING if state is StateType.FAILED else state
