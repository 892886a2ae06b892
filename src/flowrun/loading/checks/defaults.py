"""Plugin defaults of a type that is known: its values are properties of that type (flow reference, chapter 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.diagnostics import did_you_mean
from flowrun.loading.messages import violation, warning
from flowrun.loading.plan import plan_of
from flowrun.loading.tree import Mapping, is_null, text_of
from flowrun.model.flow import PluginDefault
from flowrun.model.registry import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked
    from flowrun.model.registry import TypeRegistry


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    for each in checked.objects:
        if each.cls is PluginDefault:
            yield from values_of(each, checked.registry)


def values_of(each: Built, registry: TypeRegistry) -> Iterator[Diagnostic]:
    """The values of one default; for the beginning of a name nothing is known, so nothing is checked."""
    values = each.node.get("values")
    name = text_of(each.node.get("type"))
    if not isinstance(values, Mapping) or not name:
        return
    cls = class_of(name, registry)
    known = plan_of(cls).by_name if cls else None
    for key, entry in values.entries.items():
        path = f"{each.path}.values.{key}"
        if is_null(entry.value):
            # The server has a sentence for this, and accepts it all the same.
            yield warning("default-empty", f"the default of `{key}` has no value", entry.key_span, path)
        elif known is not None and key not in known:
            kestra = f"Invalid Plugin Default: No property '{key}' exists in plugin '{name}'"
            message = f"unknown field `{key}`: `{name}` has no such property"
            at, hint = each.path, did_you_mean(key, known)
            yield violation("unknown-field", message, entry.key_span, path, kestra, at=at, hint=hint)


def class_of(name: str, registry: TypeRegistry) -> type | None:
    """The class that a type stands for, whatever its kind."""
    found = (registry.find(name, kind) for kind in TypeKind)
    return next((cls for cls in found if cls), None)
