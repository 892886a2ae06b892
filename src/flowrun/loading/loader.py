"""A flow file, loaded: the flow itself or what is wrong with it, and where everything stands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity, Span
from flowrun.loading import checks
from flowrun.loading.build import Builder
from flowrun.loading.defaults import apply_defaults
from flowrun.loading.messages import unreadable
from flowrun.loading.parse import FRAMES, parse
from flowrun.loading.readers import INVALID
from flowrun.loading.selection import selected
from flowrun.loading.tree import Entry, Mapping, Sequence, locate
from flowrun.model.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as ReadOnly

    from flowrun.loading.signature import FlowName, Signature
    from flowrun.loading.source import Source
    from flowrun.loading.tree import Node
    from flowrun.model.registry import TypeRegistry


NO_RULES: ReadOnly[str, Severity | None] = MappingProxyType({})
PARSING = frozenset(
    {"yaml", "duplicate-key", "nesting", "no-flow", "wrong-type", "unknown-field", "unknown-type", "label-type"}
)
"""Codes of what the server's parser finds."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """`flow` is None when the server would refuse the file. `diagnostics` are ordered by position.

    `root` is the tree as written, before plugin defaults were merged in.
    """

    flow: Flow | None
    diagnostics: list[Diagnostic]
    root: Node | None = None

    @property
    def sentence(self) -> str:
        """What the server says first when it refuses the file: it parses everything before it checks rules."""
        problems = [each for each in self.diagnostics if refuses(each)]
        problems.sort(key=lambda each: each.code not in PARSING)
        return problems[0].kestra if problems else ""

    def span(self, path: str) -> Span | None:
        """Where the value at a path such as `tasks[0].message` stands; None when the file has none there."""
        found = locate(self.root, path) if self.root is not None else None
        if found is None:
            return None
        return found.value.span if isinstance(found, Entry) else found.span


def load(
    source: Source,
    registry: TypeRegistry,
    rules: ReadOnly[str, Severity | None] = NO_RULES,
    flows: dict[FlowName, Signature] | None = None,
) -> Loaded:
    """Read, build and check a flow. Every problem is reported in one pass; nothing is raised.

    `rules`: severities of our own findings by code, None for those that are not to be reported.
    `flows`: the flows that are checked together with this one, for its calls.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))
    text = source.text.removeprefix("\ufeff")  # a byte order mark belongs to no line
    parsed = parse(text)
    if not isinstance(parsed.root, Mapping):
        broken = any(refuses(each) for each in parsed.diagnostics)
        return Loaded(None, parsed.diagnostics + ([] if broken else [no_flow(parsed.root)]), parsed.root)
    builder = Builder(registry, list(parsed.diagnostics))
    merged = apply_defaults(parsed.root, registry)
    flow = builder.build(Flow, merged, "")
    builder.diagnostics.extend(checks.run(checks.Checked(builder.objects, parsed.root, text, registry, flows)))
    refused = [problem.path for problem in builder.diagnostics if refuses(problem)]
    # What the server says of a value is enough: a consequence that we find there too would only confuse.
    settled = set(refused) - {""}
    told = [one for one in builder.diagnostics if one.kestra or one.path not in settled]
    told = ordered(selected(told, text, rules))
    return Loaded(None if refused or flow is INVALID else flow, told, parsed.root)


def refuses(problem: Diagnostic) -> bool:
    """Whether the server would refuse the flow for this."""
    return problem.severity is Severity.ERROR and bool(problem.kestra)


def ordered(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By position; a wrong value in a plugin default, found once for each task that it reaches, counts once."""
    once: dict[object, Diagnostic] = {}
    for each in problems:
        once.setdefault((each.code, each.span, each.message), each)
    return sorted(once.values(), key=position)


def position(problem: Diagnostic) -> tuple[int, int]:
    """Sort key: by line and column, what has no place first."""
    return (problem.span.line, problem.span.column) if problem.span else (0, 0)


def no_flow(root: Node | None) -> Diagnostic:
    """The diagnostic for a document that is no map at all."""
    span = root.span if root is not None else Span(1, 1, 1, 1)
    what = "empty" if root is None else "a list" if isinstance(root, Sequence) else "a single value"
    token = "end of input" if root is None else "Array value" if isinstance(root, Sequence) else "String value"
    kestra = f"Cannot deserialize value of type `io.kestra.core.models.flows.GenericFlow` from {token}"
    message = f"a flow file is a map with `id`, `namespace` and `tasks`; this one is {what}"
    return unreadable("no-flow", message, span, "", kestra)
