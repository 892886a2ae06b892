"""What is kept for tasks from run to run, and can be made anew: Python environments."""

from __future__ import annotations

from flowrun.store.home import CACHE, home_folder
from flowrun.tasks.scripts.environments import Environment, clear_environments, kept_environments


def environments() -> list[Environment]:
    """Those that are kept, oldest first. Raises `StoreError`."""
    return kept_environments(home_folder() / CACHE)


def clear() -> tuple[list[str], list[str]]:
    """Remove them; the keys of those removed, and of those that are left as they are in use. Raises `StoreError`."""
    return clear_environments(home_folder() / CACHE)
