"""What other flows need to know of a flow: its name, inputs and outputs, and which flows it calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowrun.loading.parse import parse
from flowrun.loading.tree import Mapping, Sequence, mappings, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.tree import Node
    from flowrun.model.registry import TypeRegistry

CALLS = frozenset({"io.kestra.plugin.core.flow.Subflow", "io.kestra.plugin.core.flow.ForEachItem"})

FlowName = tuple[str, str]
"""Namespace and id."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A flow as its callers see it. `inputs`: by id, whether a call has to give it."""

    name: FlowName
    inputs: dict[str, bool]
    outputs: frozenset[str]
    calls: frozenset[FlowName]
    disabled: bool


def signature_of(text: str, registry: TypeRegistry) -> Signature | None:
    """The signature of a flow file; None for a text that is none. A flow with mistakes has one too."""
    root = parse(text.removeprefix("\ufeff")).root
    if not isinstance(root, Mapping):
        return None
    namespace, name = text_of(root.get("namespace")), text_of(root.get("id"))
    if not namespace or not name:
        return None
    inputs = dict(inputs_of(root.get("inputs")))
    outputs = frozenset(ids_of(root.get("outputs")))
    calls = frozenset(called(one) for one in mappings(root) if is_call(one, registry))
    return Signature((namespace, name), inputs, outputs, calls, text_of(root.get("disabled")) == "true")


def items_of(node: Node | None) -> Iterator[Mapping]:
    """The maps in a list."""
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            yield item


def ids_of(node: Node | None) -> Iterator[str]:
    """The ids in a list of maps."""
    for item in items_of(node):
        if name := text_of(item.get("id")):
            yield name


def inputs_of(node: Node | None, group: str = "") -> Iterator[tuple[str, bool]]:
    """Ids of inputs, and whether a call must give them: required, without a default, not only under a condition."""
    for item in items_of(node):
        name = text_of(item.get("id")) or text_of(item.get("name"))
        if name and text_of(item.get("type")) == "FORM":
            yield from inputs_of(item.get("inputs"), f"{group}{name}.")
        elif name:
            given = any(item.get(key) is not None for key in ("defaults", "dependsOn", "autoSelectFirst"))
            yield group + name, not given and text_of(item.get("required")) != "false"


def is_call(node: Mapping, registry: TypeRegistry) -> bool:
    """Whether a map is a task that starts another flow."""
    return registry.canonical(text_of(node.get("type")) or "") in CALLS


def called(node: Mapping) -> FlowName:
    """Which flow a task starts, as written: it may be a template."""
    return text_of(node.get("namespace")) or "", text_of(node.get("flowId")) or ""
