"""Properties and types that Kestra has given up, with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.loading.messages import warning
from flowrun.loading.plan import plan_of
from flowrun.loading.tree import child_path, text_of
from flowrun.model.inputs import Input
from flowrun.model.properties import Deprecated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

INPUT_TYPES = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}
"""Old types of inputs, and what they are now."""


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every deprecated property and type; what came in through a plugin default counts where that is written."""
    for each in checked.objects:
        yield from properties(each)
        yield from its_type(each)


def properties(each: Built) -> Iterator[Diagnostic]:
    """Old names, and properties that are to go."""
    plan = plan_of(each.cls)
    for key, entry in each.node.entries.items():
        prop = plan.by_name.get(key)
        if prop is None:
            continue
        advice = next((rule.advice for rule in prop.constraints if isinstance(rule, Deprecated)), None)
        if key != prop.name:
            advice = f"write `{prop.name}`"
        if advice:
            yield warning(
                "deprecated", f"`{key}` is deprecated", entry.key_span, child_path(each.path, key), hint=advice
            )


def its_type(each: Built) -> Iterator[Diagnostic]:
    """Types of tasks, triggers, conditions and inputs."""
    advice: str | None = getattr(each.cls, "deprecated", None)
    written = text_of(each.node.get("type")) or ""
    if issubclass(each.cls, Input) and written in INPUT_TYPES:
        advice = f"write `{INPUT_TYPES[written]}`"
    if advice:
        name = written.rpartition(".")[2]
        yield warning(
            "deprecated", f"`{name}` is deprecated", each.span_of("type"), child_path(each.path, "type"), hint=advice
        )
