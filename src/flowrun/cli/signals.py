"""What may stop a run from outside: Ctrl-C, SIGTERM, a terminal that is closed, and `--timeout`."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the run ends as it does after Ctrl-C, with another exit code."""


class HungUp(KeyboardInterrupt):
    """SIGHUP came: the terminal is gone."""


class TimeIsUp(KeyboardInterrupt):
    """The run took longer than `--timeout`."""


class BrokenOff(Exception):
    """A signal came while somebody was asked."""


CAUSES: dict[int, type[KeyboardInterrupt]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: Terminated,
    signal.SIGHUP: HungUp,
    signal.SIGALRM: TimeIsUp,
}


@dataclass(slots=True)
class Stop:
    """Why the run was stopped; None when it was not."""

    cause: KeyboardInterrupt | None = None


@contextmanager
def stoppable(timeout: timedelta | None, kill: Callable[[], None]) -> Iterator[Stop]:
    """Have the first signal, or the end of `timeout` (real time), call `kill` while the body runs.

    A second signal is raised in the body, which ends it at once. A signal that was ignored (`nohup`, a job in the
    background) stays so.
    """
    stop = Stop()

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.cause is None:
            stop.cause = CAUSES[number]()
            kill()
        elif number != signal.SIGALRM:
            raise CAUSES[number]

    heard = [number for number in CAUSES if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, handle)) for number in heard]
    signal.setitimer(signal.ITIMER_REAL, timeout.total_seconds() if timeout else 0)
    try:
        yield stop
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def broken_off_by_signals() -> Iterator[None]:
    """Have a signal that comes in the body raise `BrokenOff` when it has done what it does: who reads a line goes on reading else."""
    before = [(number, found) for number in CAUSES if callable(found := signal.getsignal(number))]

    def handle(number: int, frame: FrameType | None) -> None:
        dict(before)[number](number, frame)
        raise BrokenOff

    for number, _ in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
