"""Circles in what depends on what."""

from __future__ import annotations

from collections import deque

Graph = dict[str, list[str]]
"""For each name those that it depends on; names that are no key of it count as fulfilled."""


def tied(graph: Graph) -> list[str]:
    """The names that can never be reached: those on a circle, and those that wait for one."""
    waiting = {name: {other for other in others if other in graph} for name, others in graph.items()}
    dependants: Graph = {}
    for name, others in waiting.items():
        for other in others:
            dependants.setdefault(other, []).append(name)
    free = deque(name for name, others in waiting.items() if not others)
    while free:
        done = free.popleft()
        del waiting[done]
        for dependant in dependants.get(done, ()):
            waiting[dependant].discard(done)
            if not waiting[dependant]:
                free.append(dependant)
    return list(waiting)


def cycle_through(start: str, graph: Graph) -> list[str] | None:
    """The shortest way from a name back to itself, itself first; None when it is on no circle."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in graph.get(here, ()):
            if there == start:
                return way_to(here, start, came_from)
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return None


def way_to(end: str, start: str, came_from: dict[str, str]) -> list[str]:
    """The names from `start` to `end`, both included."""
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
