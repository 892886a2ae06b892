"""What the crash and load tests share."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.load.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A store of its own; what was started on it does not outlive the test."""
    with closing(Place(tmp_path)) as made:
        yield made
