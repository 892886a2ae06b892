"""What a flow needs from outside: secrets, keys, files, variables, other flows, hosts. Found without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flowrun.errors import TemplateError
from flowrun.loading.places import span_in_file
from flowrun.loading.signature import called, is_call
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, scalars, text_of
from flowrun.template import analyse, calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Span
    from flowrun.loading.tree import Node
    from flowrun.model.registry import TypeRegistry
    from flowrun.template import Call


class NeedKind(StrEnum):
    """What is needed. ENV: a variable of the environment; HOST: of an HTTP call, where its name is written out."""

    SUBFLOW = "subflow"
    SECRET = "secret"  # noqa: S105
    KV = "kv"
    FILE = "file"
    ENV = "env"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Use:
    """Where something is needed. `by`: what asks for it, `secret()` or the type of a task.

    `subkey`: the part of a secret that is asked for; empty where a template computes it.
    """

    path: str
    line: int
    by: str
    column: int = 1
    subkey: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is needed, with all its uses in the order of the file.

    `name` is None where a template computes it: what is needed shows only in a run. `namespace` is None for the flow's own.
    """

    kind: NeedKind
    name: str | None
    namespace: str | None
    uses: tuple[Use, ...]

    @property
    def places(self) -> list[tuple[str, int, str]]:
        """`path`, `line` and `by` of the uses, once for each line."""
        return list(dict.fromkeys((one.path, one.line, one.by) for one in self.uses))


Found = tuple[NeedKind, str | None, str | None, Use]

FUNCTIONS: dict[str, tuple[NeedKind, str]] = {
    "secret": (NeedKind.SECRET, "key"),
    "kv": (NeedKind.KV, "key"),
    "read": (NeedKind.FILE, "path"),
    "fileURI": (NeedKind.FILE, "path"),
    "fileSize": (NeedKind.FILE, "path"),
    "fileExists": (NeedKind.FILE, "path"),
    "isFileEmpty": (NeedKind.FILE, "path"),
    "subflow": (NeedKind.SUBFLOW, "id"),
    "http": (NeedKind.HOST, "uri"),
}
"""What a function asks for, and the parameter that names it."""

CORE = "io.kestra.plugin.core."
KV_TASKS = frozenset(CORE + f"kv.{name}" for name in ("Get", "Set", "Delete"))
HTTP_TYPES = frozenset(CORE + name for name in ("http.Request", "http.Download", "http.SseRequest", "http.Trigger"))
NAMESPACE_FILES = CORE + "namespace.DownloadFiles"

HOST = re.compile(r"https?://(?:[^@/{}\s]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#:@{}\s]+)(?=[/?#:]|$)", re.IGNORECASE)
"""The host of an address; not where a template stands in it."""
FILE_ADDRESSES = ("file://", "nsfile://")
NO_TEMPLATES = frozenset({"id", "type", "description", "displayName"})
"""Properties that are never rendered."""


def needs_of(root: Mapping, text: str, registry: TypeRegistry) -> list[Need]:
    """All that the flow of a tree as written needs, kind by kind; the file's order within a kind.

    `text` is the file's. Templates that cannot be read are passed over: other checks tell of them.
    """
    found: dict[tuple[NeedKind, str | None, str | None], list[Use]] = {}
    for kind, name, namespace, use in Search(text, registry).below(root, ""):
        found.setdefault((kind, name, namespace), []).append(use)
    needs = [Need(*key, tuple(uses)) for key, uses in found.items()]
    order = list(NeedKind)
    return sorted(needs, key=lambda one: (order.index(one.kind), one.name is None))


@dataclass(frozen=True, slots=True)
class Search:
    """A walk over a flow file."""

    text: str
    registry: TypeRegistry

    def below(self, node: Node, path: str) -> Iterator[Found]:
        """What a node and all below it ask for."""
        if isinstance(node, Scalar):
            yield from self.in_scalar(node, path)
        elif isinstance(node, Sequence):
            for number, item in enumerate(node.items):
                yield from self.below(item, f"{path}[{number}]")
        else:
            yield from self.in_typed(node, path)
            for key, entry in node.entries.items():
                if key not in NO_TEMPLATES and (path or key != "labels"):
                    yield from self.below(entry.value, child_path(path, key))

    # --- by its type

    def in_typed(self, node: Mapping, path: str) -> Iterator[Found]:
        """What a task, trigger or input asks for by being what it is."""
        written = text_of(node.get("type"))
        if not written:
            return
        type_name = self.registry.canonical(written)
        by = type_name.removeprefix(CORE)
        if is_call(node, self.registry):
            namespace, flow = called(node)
            yield NeedKind.SUBFLOW, constant(flow), constant(namespace), Use(path, node.span.line, by)
        elif type_name in KV_TASKS:
            yield from self.key(node, path, by)
        elif type_name in HTTP_TYPES:
            yield from self.hosts(node, path, by)
        elif type_name == NAMESPACE_FILES:
            yield from self.patterns(node.get("files"), child_path(path, "files"), by)
        elif type_name == "FILE" and path.startswith("inputs["):
            yield NeedKind.FILE, text_of(node.get("id")), None, Use(path, node.span.line, "input FILE")
        yield from self.namespace_files(node.get("namespaceFiles"), child_path(path, "namespaceFiles"))

    def key(self, node: Mapping, path: str, by: str) -> Iterator[Found]:
        """The key that a task reads, writes or deletes."""
        value = node.get("key")
        if isinstance(value, Scalar):
            namespace = constant(text_of(node.get("namespace")) or "")
            yield NeedKind.KV, constant(value.raw), namespace, Use(child_path(path, "key"), value.span.line, by)

    def hosts(self, node: Mapping, path: str, by: str) -> Iterator[Found]:
        """The host of a task's `uri`, where it is written out."""
        value = node.get("uri")
        if isinstance(value, Scalar) and (host := HOST.match(value.raw)):
            yield NeedKind.HOST, host[1], None, Use(child_path(path, "uri"), value.span.line, by)

    def namespace_files(self, node: Node | None, path: str) -> Iterator[Found]:
        """The files of the namespace that a task wants beside it: some, or all."""
        if not isinstance(node, Mapping) or text_of(node.get("enabled")) == "false":
            return
        include = node.get("include")
        if include is None:
            yield NeedKind.FILE, "**", None, Use(path, node.span.line, "namespaceFiles")
        else:
            yield from self.patterns(include, child_path(path, "include"), "namespaceFiles")

    def patterns(self, node: Node | None, path: str, by: str) -> Iterator[Found]:
        """Names or patterns of files: one, or a list of them."""
        for one in scalars(node) if node is not None else ():
            yield NeedKind.FILE, constant(one.raw), None, Use(path, one.span.line, by)

    # --- in templates

    def in_scalar(self, node: Scalar, path: str) -> Iterator[Found]:
        """What a value asks for: by its templates, or as the address of a file."""
        if node.raw.startswith(FILE_ADDRESSES) and "{" not in node.raw:
            yield NeedKind.FILE, node.raw, None, Use(path, node.span.line, node.raw.partition(":")[0])
        if "{{" not in node.raw and "{%" not in node.raw:
            return
        try:
            yield from self.in_template(node, path)
        except TemplateError:
            return

    def in_template(self, node: Scalar, path: str) -> Iterator[Found]:
        """What a template asks for. Raises `TemplateError`."""
        if not any(name in node.raw for name in (*FUNCTIONS, "envs")):
            return
        for call in calls(node.raw):
            if not made_by_the_run(call):
                yield from self.asked(call, path, node)
        for reference in analyse(node.raw).references if "envs" in node.raw else ():
            if reference.path[0] == "envs":
                name = variable(reference.path[1:])
                yield NeedKind.ENV, name, None, self.use(path, node, reference.span, "envs")

    def asked(self, call: Call, path: str, node: Scalar) -> Iterator[Found]:
        """What one call asks for."""
        kind, parameter = FUNCTIONS.get(call.name, (None, ""))
        if kind is None or not (parameter in call.constants or parameter in call.computed):
            return
        name = text_or_none(call.constants.get(parameter))
        if kind is NeedKind.HOST:
            host = HOST.match(name or "")
            if host is None:
                return
            name = host[1]
        namespace = text_or_none(call.constants.get("namespace"))
        if "namespace" in call.computed:
            name = None
        subkey = "" if "subkey" in call.computed else text_or_none(call.constants.get("subkey"))
        yield kind, name, namespace, self.use(path, node, call.span, f"{call.name}()", subkey)

    def use(self, path: str, node: Scalar, span: Span, by: str, subkey: str | None = None) -> Use:
        """A use at a span within a value."""
        place = span_in_file(self.text, node, span)
        return Use(path, place.line, by, place.column, subkey)


def made_by_the_run(call: Call) -> bool:
    """Whether a call asks for a file that an output names: it comes from a task, not from outside."""
    return FUNCTIONS.get(call.name, (None,))[0] is NeedKind.FILE and "outputs" in call.variables


def constant(text: str) -> str | None:
    """A text that is no template; None for one that is, or is empty."""
    return text if text and "{{" not in text and "{%" not in text else None


def text_or_none(value: Any) -> str | None:
    """An argument that names something."""
    return value if isinstance(value, str) and value else None


def variable(path: tuple[str | int | None, ...]) -> str | None:
    """The variable of the environment behind `envs.NAME`: in upper case, after `ENV_`."""
    return f"ENV_{path[0].upper()}" if path and isinstance(path[0], str) else None
