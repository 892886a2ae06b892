"""The report for programs: `{"files": […]}` (`docs/schemas/validate.json`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flowrun.cli.outcome import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.cli.checked import Checked


def report(checked: Iterable[Checked]) -> Iterator[str]:
    """One document."""
    files = [
        {"file": one.source.name, "valid": one.valid, "diagnostics": [as_json(found) for found in one.diagnostics]}
        for one in checked
    ]
    yield json.dumps({"files": files}, ensure_ascii=False, indent=2) + "\n"
