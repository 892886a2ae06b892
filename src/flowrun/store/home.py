"""Where the store is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`$FLOWRUN_HOME`, else `flowrun` in the XDG data folder (`~/.local/share`)."""
    if given := environment.get("FLOWRUN_HOME"):
        return Path(given).expanduser()
    data = environment.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    return (Path(data) if os.path.isabs(data) else Path("~/.local/share").expanduser()) / "flowrun"  # noqa: PTH117
