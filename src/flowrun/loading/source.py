"""A flow's text and where it came from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is what diagnostics show: a path as the user wrote it, or `<stdin>`."""

    text: str
    name: str
