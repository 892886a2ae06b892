"""Worker threads for bodies that block or touch the world; started when first needed."""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Workers:
    """At most `jobs` bodies at a time (default `min(32, 4 × cores)`); `busy` counts those handed over and not ended.

    The threads are daemons: a body that does not end when it is told to cannot keep the process alive.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or min(32, 4 * (os.cpu_count() or 1))
        self.busy = 0
        self._bodies: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads = 0

    def submit(self, body: Callable[[], None]) -> None:
        """Run a body on a worker. Called by the loop's thread only."""
        self.busy += 1
        self._bodies.put(body)
        if self._threads < min(self.busy, self.jobs):
            self._threads += 1
            threading.Thread(target=self._work, name=f"flowrun-worker-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._bodies.get()()
