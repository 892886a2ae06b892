"""What a YAML document is made of: scalars, sequences and mappings that know where they stand.

Positions are kept as plain numbers and made into `Span` on demand: most are never asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowrun.diagnostics import Span
from flowrun.loading.scalars import java_text

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[int, int, int, int]
"""Line, column, end line, end column: as in `Span`."""


@dataclass(slots=True)
class Scalar:
    """One value. `value` is what it means (None, bool, int, float or text), `raw` its characters.

    `style` is empty for a plain scalar, else `'`, `"`, `|`, `>`, or `*` for an alias, which stands for
    its own name. `start` and `end` count characters from the beginning of the file.
    """

    value: Any
    raw: str
    place: Place
    style: str = ""
    start: int = 0
    end: int = 0

    @property
    def span(self) -> Span:
        return Span(*self.place)

    @property
    def text(self) -> str | None:
        """The value as the server prints it where text is wanted: `010` is `8`, `yes` is `true`."""
        return java_text(self.value)


@dataclass(slots=True)
class Sequence:
    """A list of nodes."""

    items: list[Node]
    place: Place

    @property
    def span(self) -> Span:
        return Span(*self.place)


@dataclass(slots=True)
class Entry:
    """A key and its value. `inherited`: it came from a plugin default, so the mapping's author did not write it."""

    key: str
    key_place: Place
    value: Node
    inherited: bool = False

    @property
    def key_span(self) -> Span:
        return Span(*self.key_place)


@dataclass(slots=True)
class Mapping:
    """Entries by key, in the order of the file."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        return Span(*self.place)

    def get(self, key: str) -> Node | None:
        """The value under a key; None when there is none or it is null."""
        entry = self.entries.get(key)
        return None if entry is None or is_null(entry.value) else entry.value


Node = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Whether a node is `~`, `null` or nothing at all: for the server, absent."""
    return isinstance(node, Scalar) and node.value is None


def plain(node: Node) -> Any:
    """A node as ordinary Python data."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def text_of(node: Node | None) -> str | None:
    """A scalar as text; None for anything else."""
    return node.text if isinstance(node, Scalar) else None


def child_path(path: str, key: str) -> str:
    """The path of a property: `tasks[0]` and `message` give `tasks[0].message`."""
    return f"{path}.{key}" if path else key


def scalars(node: Node) -> Iterator[Scalar]:
    """Every value below a node, in the order of the file; keys left out."""
    if isinstance(node, Scalar):
        yield node
        return
    for child in node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries.values()]:
        yield from scalars(child)


def mappings(node: Node) -> Iterator[Mapping]:
    """Every mapping of a tree, in the order of the file."""
    if isinstance(node, Mapping):
        yield node
        for entry in node.entries.values():
            yield from mappings(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from mappings(item)


def find(root: Node, path: str) -> Node | None:
    """The node at a path such as `tasks[0].message`; None when there is none."""
    entry_or_node = locate(root, path)
    return entry_or_node.value if isinstance(entry_or_node, Entry) else entry_or_node


INDEX = re.compile(r"\[(\d+)\]")


def locate(node: Node, path: str) -> Entry | Node | None:
    """The entry, or the item of a list, at a path. Keys may hold dots, so the longest one that fits is taken."""
    if not path:
        return node
    if isinstance(node, Sequence) and (index := INDEX.match(path)):
        if int(index[1]) >= len(node.items):
            return None
        return locate(node.items[int(index[1])], path[index.end() :].removeprefix("."))
    if isinstance(node, Mapping):
        return _locate_key(node, path)
    return None


def _locate_key(node: Mapping, path: str) -> Entry | Node | None:
    for key in sorted(node.entries, key=len, reverse=True):
        rest = path[len(key) :]
        if path == key:
            return node.entries[key]
        if path.startswith(key) and rest[0] in ".[":
            return locate(node.entries[key].value, rest.removeprefix("."))
    return None
