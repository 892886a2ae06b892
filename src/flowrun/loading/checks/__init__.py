"""Rules across fields and across the flow, each in the module that is named for what it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.loading.checks import (
    defaults,
    deprecations,
    expressions,
    flow,
    inputs,
    plain_secrets,
    reach,
    references,
    retries,
    subflows,
    tasks,
    triggers,
    usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.signature import FlowName, Signature
    from flowrun.loading.tree import Mapping
    from flowrun.model.registry import TypeRegistry


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules look at: all objects that were read, the tree as written, the file's text.

    `flows` are the other flows that are checked with this one; None when it is checked alone.
    """

    objects: Sequence[Built]
    root: Mapping
    text: str
    registry: TypeRegistry
    flows: dict[FlowName, Signature] | None = None


MODULES = (
    *(flow, inputs, tasks, retries, triggers, references, defaults, expressions, subflows),
    *(deprecations, plain_secrets, reach, usage),
)


def run(checked: Checked) -> Iterator[Diagnostic]:
    """Every finding of every rule, in no order."""
    for module in MODULES:
        yield from module.check(checked)
