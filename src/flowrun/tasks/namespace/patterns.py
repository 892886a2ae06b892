"""The patterns that the tasks over namespace files are given."""

from __future__ import annotations


def listed(files: str | list[str]) -> list[str]:
    """One pattern or several, nulls left out."""
    return [one for one in ([files] if isinstance(files, str) else files) if one]
