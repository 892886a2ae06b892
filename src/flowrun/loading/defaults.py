"""Plugin defaults, merged into the tree before objects are built (flow reference, chapter 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowrun.loading.tree import Mapping, Scalar, Sequence, is_null, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.tree import Entry, Node
    from flowrun.model.registry import TypeRegistry

BLOCKS = ("pluginDefaults", "taskDefaults")


@dataclass(frozen=True, slots=True)
class Default:
    """Values for every map whose `type` begins with one of `prefixes`: the type as written, and its present name."""

    prefixes: tuple[str, ...]
    values: Mapping
    forced: bool


def apply_defaults(root: Mapping, registry: TypeRegistry) -> Mapping:
    """The flow with its defaults filled in; the tree that was given stays as it is."""
    defaults = list(declared(root, registry))
    gentle = [each for each in defaults if not each.forced]
    # The longer type is the stronger one; of equal ones the first that is listed. Merging under, the strongest goes first.
    gentle.sort(key=lambda each: -max(map(len, each.prefixes)))
    # Merging over, the first of the list goes last.
    forced = [each for each in reversed(defaults) if each.forced]
    for phase in (gentle, forced):
        if phase:
            root = _outside_blocks(root, phase)
    return root


def declared(root: Mapping, registry: TypeRegistry) -> Iterator[Default]:
    """The defaults of a flow that have a type and values."""
    for block in BLOCKS:
        items = root.get(block)
        for item in items.items if isinstance(items, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            name, values, forced = text_of(item.get("type")), item.get("values"), item.get("forced")
            if name and isinstance(values, Mapping):
                is_forced = isinstance(forced, Scalar) and forced.text == "true"
                yield Default((name, registry.canonical(name)), values, is_forced)


def _outside_blocks(root: Mapping, defaults: list[Default]) -> Mapping:
    entries = {
        key: entry if key in BLOCKS else replace(entry, value=_fill(entry.value, defaults))
        for key, entry in root.entries.items()
    }
    return _match(Mapping(root.place, entries), defaults)


def _fill(node: Node, defaults: list[Default]) -> Node:
    """A node with defaults in everything below it, inner maps first."""
    if isinstance(node, Sequence):
        return Sequence([_fill(item, defaults) for item in node.items], node.place)
    if isinstance(node, Mapping):
        entries = {key: replace(entry, value=_fill(entry.value, defaults)) for key, entry in node.entries.items()}
        return _match(Mapping(node.place, entries), defaults)
    return node


def _match(node: Mapping, defaults: list[Default]) -> Mapping:
    name = text_of(node.get("type"))
    for default in defaults if name else ():
        assert name is not None
        if name.startswith(default.prefixes):
            node = merge(node, default.values, under=not default.forced)
    return node


def merge(node: Mapping, values: Mapping, *, under: bool) -> Mapping:
    """Put default values under what the map has, or over it; maps merge deeply.

    Lists are joined: the default's items come first when it goes under, last when it goes over.
    """
    entries = dict(node.entries)
    for key, given in values.entries.items():
        own = entries.get(key)
        if is_null(given.value):
            continue
        if own is None or is_null(own.value):
            entries[key] = inherited(given)
        else:
            entries[key] = replace(own, value=_join(own.value, given, under=under))
    return Mapping(node.place, entries)


def _join(own: Node, given: Entry, *, under: bool) -> Node:
    other = given.value
    if isinstance(own, Mapping) and isinstance(other, Mapping):
        return merge(own, other, under=under)
    if isinstance(own, Sequence) and isinstance(other, Sequence):
        return Sequence([*other.items, *own.items] if under else [*own.items, *other.items], own.place)
    return own if under else other


def inherited(entry: Entry) -> Entry:
    """A copy of an entry that is marked as not written where it now stands, and so is everything in it."""
    return replace(entry, value=_all_inherited(entry.value), inherited=True)


def _all_inherited(node: Node) -> Node:
    if isinstance(node, Mapping):
        return Mapping(node.place, {key: inherited(entry) for key, entry in node.entries.items()})
    if isinstance(node, Sequence):
        return Sequence([_all_inherited(item) for item in node.items], node.place)
    return node
