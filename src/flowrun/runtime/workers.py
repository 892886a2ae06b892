"""Worker threads for bodies that block or touch the world; started when first needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor


class Workers:
    """At most `jobs` bodies at a time (default `min(32, 4 × cores)`); `busy` counts those handed over and not ended."""

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or min(32, 4 * (os.cpu_count() or 1))
        self.busy = 0
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, body: Callable[[], None]) -> None:
        """Run a body on a worker. Called by the loop's thread only."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="flowrun-worker")
        self.busy += 1
        self._pool.submit(body)

    def close(self) -> None:
        """Let running bodies end (they were told to), start no other."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
