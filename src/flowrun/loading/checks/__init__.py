"""Rules across fields and across the flow, each in the module that is named for what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.tree import Mapping
    from flowrun.model.registry import TypeRegistry


def run(objects: Sequence[Built], root: Mapping, text: str, registry: TypeRegistry) -> Iterator[Diagnostic]:
    """Every finding of every rule."""
    return iter(())
