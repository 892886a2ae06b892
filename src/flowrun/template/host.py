"""What a template may ask of the world, and the little that there is without anybody to ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from flowrun.template.callables import Failure


class Host(Protocol):
    """Made by whoever runs templates. Methods raise `Failure` with the engine's words."""

    def now(self) -> datetime:
        """The present moment, aware."""
        ...

    def random(self) -> float:
        """A number in [0, 1)."""
        ...

    def ask(self, function: str, arguments: dict[str, Any]) -> Any:
        """Answer a function that needs a run: `secret`, `kv`, `read`, `fileSize`, `fileExists`, `errorLogs`, …"""
        ...


class NoHost:
    """The system's clock and random numbers; everything else is refused."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def random(self) -> float:
        import random

        return random.random()

    def ask(self, function: str, arguments: dict[str, Any]) -> Any:  # noqa: ARG002
        raise Failure(f"The '{function}' function needs a running execution.")
