"""The variables of an execution, as tasks change them (flow reference, 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.model.task import ExecutionChange


def changed_variables(variables: Mapping[str, Any], change: ExecutionChange) -> dict[str, Any]:
    """New variables; those that were given stay as they are."""
    found = merged(variables, change.variables)
    for path in change.removed:
        found = without(found, path)
    return found


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One map over another, maps within them too; lists are replaced."""
    found = dict(below)
    for key, value in above.items():
        before = found.get(key)
        found[key] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return found


def without(variables: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The same without what stands at a path, if anything does."""
    first, *rest = path
    inner = variables.get(first)
    if not rest:
        return {key: value for key, value in variables.items() if key != first}
    return {**variables, first: without(inner, rest)} if isinstance(inner, dict) else dict(variables)
