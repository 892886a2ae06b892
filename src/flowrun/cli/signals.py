"""What may stop a run from outside: SIGTERM and `--timeout`. Ctrl-C needs nothing: it is Python's own."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the run ends as it does after Ctrl-C, with another exit code."""


class TimeIsUp(KeyboardInterrupt):
    """The run took longer than `--timeout`."""


@contextmanager
def stoppable(timeout: timedelta | None) -> Iterator[None]:
    """Turn SIGTERM and the end of `timeout` (real time) into interrupts of the main thread while the body runs."""
    before = [(number, signal.signal(number, interrupt)) for number in (signal.SIGTERM, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_REAL, timeout.total_seconds() if timeout else 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler)


def interrupt(number: int, _frame: FrameType | None) -> None:
    """The handler of both signals."""
    raise TimeIsUp if number == signal.SIGALRM else Terminated
