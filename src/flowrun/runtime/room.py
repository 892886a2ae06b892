"""How far the threads that produce something may be ahead of the one that takes it."""

from __future__ import annotations

from threading import Condition


class Room:
    """Room of a size, in any unit. `used` is what is taken of it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._changed = Condition()

    def take(self, amount: int) -> None:
        """Take a part, and wait until there is one. What is larger than the whole waits until it is empty."""
        with self._changed:
            while self.used and self.used + amount > self.size:
                self._changed.wait()
            self.used += amount

    def give(self, amount: int) -> None:
        """Give a part back."""
        with self._changed:
            self.used -= amount
            self._changed.notify_all()
