"""Where the store is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = "cache"
"""Its name in the home folder: what tasks keep from run to run, and can make anew."""


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`$FLOWRUN_HOME`, else `flowrun` in the XDG data folder (`~/.local/share`). Raises `StoreError`."""
    if given := environment.get("FLOWRUN_HOME"):
        return expanded(given)
    data = environment.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    return (Path(data) if os.path.isabs(data) else expanded("~/.local/share")) / "flowrun"  # noqa: PTH117


def expanded(path: str) -> Path:
    """The path with its `~` replaced. There may be none: users of containers need not have a home."""
    try:
        return Path(path).expanduser()
    except RuntimeError as problem:
        hint = "name a folder with FLOWRUN_HOME"
        raise StoreError(f"there is no home folder for `{path}`", hint=hint) from problem
