"""Which child comes next: the orders that flowables are made of. Every call is O(1)."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from flowrun.model.task import Planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowrun.model.execution import TaskRun
    from flowrun.model.task import Task


def enabled(tasks: Iterable[Task] | None) -> list[Task]:
    """A task list without its disabled members: those never get a task run."""
    return [task for task in tasks or () if not task.disabled]


class AtOnce:
    """All at the same time, or at most `limit` of them (0 or less: no limit)."""

    def __init__(self, planned: Iterable[Planned], limit: int) -> None:
        self.waiting = deque(planned)
        self.unfinished = len(self.waiting)
        self.ready: deque[Planned] = deque()
        for _ in range(limit if limit > 0 else self.unfinished):
            self._next()

    @property
    def done(self) -> bool:
        return not self.unfinished

    def ended(self, task_run: TaskRun) -> None:  # noqa: ARG002
        self.unfinished -= 1
        self._next()

    def _next(self) -> None:
        if self.waiting:
            self.ready.append(self.waiting.popleft())


class InOrder(AtOnce):
    """One task after the other; `iteration` is that of a loop over time."""

    def __init__(self, tasks: Iterable[Task] | None, *, iteration: int | None = None) -> None:
        super().__init__([Planned(task, iteration=iteration) for task in enabled(tasks)], limit=1)


class AfterDependencies:
    """A member starts when all that it depends on have ended, in whatever state; at most `limit` at a time, the first of
    the file first.

    A member that depends on a disabled one never starts: the disabled one never ends.
    """

    def __init__(self, members: Sequence[Task], depends_on: Mapping[str, Sequence[str]], limit: int) -> None:
        tasks = enabled(members)
        self.place = {task.id: number for number, task in enumerate(tasks)}
        self.tasks = tasks
        self.missing = {task.id: len(set(depends_on.get(task.id, ()))) for task in tasks}
        self.dependants: dict[str, list[str]] = {}
        for task in tasks:
            for dependency in dict.fromkeys(depends_on.get(task.id, ())):
                self.dependants.setdefault(dependency, []).append(task.id)
        self.limit = limit if limit > 0 else len(tasks)
        self.unfinished = len(tasks)
        self.running = 0
        self.free = [self.place[task.id] for task in tasks if not self.missing[task.id]]  # a heap: in the file's order
        self.ready: deque[Planned] = deque()
        self._fill()

    @property
    def done(self) -> bool:
        return not self.unfinished

    def ended(self, task_run: TaskRun) -> None:
        self.unfinished -= 1
        self.running -= 1
        for dependant in self.dependants.get(task_run.task_id, ()):
            self.missing[dependant] -= 1
            if not self.missing[dependant]:
                heappush(self.free, self.place[dependant])
        self._fill()

    def _fill(self) -> None:
        while self.free and self.running < self.limit:
            self.running += 1
            self.ready.append(Planned(self.tasks[heappop(self.free)]))


class ForEachValue:
    """The whole task list once for each value, in order within a value; at most `limit` values at a time (0: all).

    No value comes twice. `open` holds, for each that is at work, its number and the place of its next task.
    """

    def __init__(self, values: Sequence[str], tasks: Iterable[Task] | None, limit: int) -> None:
        self.values = values if (members := enabled(tasks)) else ()
        self.tasks = members
        self.unfinished = len(self.values) * len(members)
        self.next_value = 0
        self.open: dict[str | None, tuple[int, int]] = {}
        self.ready: deque[Planned] = deque()
        for _ in range(limit if limit > 0 else len(self.values)):
            self._next_value()

    @property
    def done(self) -> bool:
        return not self.unfinished

    def ended(self, task_run: TaskRun) -> None:
        self.unfinished -= 1
        iteration, place = self.open[task_run.value]
        if place < len(self.tasks):
            self._plan(iteration, place)
        else:
            del self.open[task_run.value]
            self._next_value()

    def _next_value(self) -> None:
        if self.next_value < len(self.values):
            self._plan(self.next_value, 0)
            self.next_value += 1

    def _plan(self, iteration: int, place: int) -> None:
        value = self.values[iteration]
        self.ready.append(Planned(self.tasks[place], value, iteration))
        self.open[value] = iteration, place + 1
