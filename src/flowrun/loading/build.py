"""Tree → `Flow`: objects are made from their declarations, and everything that does not fit is reported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from flowrun.diagnostics import Diagnostic, Severity, did_you_mean, nearest
from flowrun.loading.messages import unreadable, violation
from flowrun.loading.plan import plan_of
from flowrun.loading.readers import INVALID
from flowrun.loading.tree import Mapping, Scalar, child_path, is_null
from flowrun.model.flow import Concurrency, Output, Sla
from flowrun.model.inputs import DependsOn, Input
from flowrun.model.properties import AtLeast, Length, Matches, NotEmpty
from flowrun.model.registry import Standing, TypeKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from flowrun.diagnostics import Span
    from flowrun.loading.plan import Plan, Property
    from flowrun.loading.tree import Entry, Node
    from flowrun.model.registry import TypeRegistry

OWN_CODE = ("io.kestra.plugin.core.", "io.kestra.core.")
"""Packages that Kestra brings along: a type there exists or does not; no plugin can add one."""

DECLARE = "types of your own are declared in `[tool.flowrun] types`"
STRICT = (Input, DependsOn, Concurrency, Output, Sla)
"""Objects in which the server refuses unknown properties that have no value, too."""
FEW = 20
"""So many words can be listed in a hint."""


@dataclass(slots=True)
class Built:
    """A map of the file that was read as an object, complete or not, for the rules across fields.

    `values` holds what could be read, by field name; `type` is the present name of its type, empty
    where objects have none.
    """

    cls: type
    type: str
    node: Mapping
    path: str
    values: dict[str, Any]

    def get(self, name: str) -> Any:
        """A value; None when it is absent or could not be read."""
        return self.values.get(name)

    def entry(self, *names: str) -> Entry | None:
        """The first of these properties that stands in the file."""
        return next((self.node.entries[name] for name in names if name in self.node.entries), None)

    def span_of(self, *names: str) -> Span:
        """Where the value of the first of these properties stands; else what `anchor` gives."""
        entry = self.entry(*names)
        return entry.value.span if entry else anchor(self.node)


@dataclass(slots=True)
class Builder:
    """Reads objects out of nodes; `diagnostics` and `objects` collect what was found."""

    registry: TypeRegistry
    diagnostics: list[Diagnostic] = field(default_factory=list)
    objects: list[Built] = field(default_factory=list)

    def report(self, problem: Diagnostic) -> None:
        """Keep a problem."""
        self.diagnostics.append(problem)

    def refuse(self, problem: Diagnostic) -> Any:
        """Keep a problem, and give the value that stands for an unreadable one."""
        self.diagnostics.append(problem)
        return INVALID

    def build(self, cls: type, node: Mapping, path: str, *, type_name: str = "", open_ended: bool = False) -> Any:
        """An object of this class, or `INVALID`. `open_ended`: it may have properties that we do not know."""
        plan = plan_of(cls)
        values = self._read_entries(plan, node, path, open_ended=open_ended, type_name=type_name)
        readable = {name: value for name, value in values.items() if value is not INVALID}
        built = Built(cls, type_name, node, path, readable)
        self.objects.append(built)
        complete = self._nothing_missing(plan, built, values, open_ended=open_ended)
        return cls(**values) if complete and len(readable) == len(values) else INVALID

    def _read_entries(
        self, plan: Plan, node: Mapping, path: str, *, open_ended: bool, type_name: str
    ) -> dict[str, Any]:
        values = {}
        for name, entry in node.entries.items():
            prop = plan.by_name.get(name)
            if prop is None:
                # What came in through a default of a whole package need not fit every type in it.
                if open_ended or entry.inherited:
                    continue
                if is_null(entry.value) and not issubclass(plan.cls, STRICT):
                    self.unknown_unread(entry, path, describe(node, plan.cls))
                else:
                    self.unknown_field(entry, path, describe(node, plan.cls), plan, type_name)
            elif not is_null(entry.value):
                own = child_path(path, prop.name)
                value = prop.read(self, entry.value, own)
                values[prop.field] = (
                    INVALID if value is INVALID or not self._allowed(prop, value, entry, own) else value
                )
        return values

    def _allowed(self, prop: Property, value: Any, entry: Entry, path: str) -> bool:
        for rule in prop.constraints:
            if (broken := broken_rule(rule, value)) is not None:
                message, kestra = broken
                span = entry.key_span if isinstance(rule, NotEmpty) else entry.value.span
                self.report(violation(CODES[type(rule)], f"`{prop.name}` {message}", span, path, kestra))
                return False
        return True

    def _nothing_missing(self, plan: Plan, built: Built, values: dict[str, Any], *, open_ended: bool) -> bool:
        missing = [prop for prop in plan.properties if prop.required and prop.field not in values]
        if missing:
            entries = () if open_ended else built.node.entries.values()
            unknown = [each.key for each in entries if each.key not in plan.by_name and not each.inherited]
            misspelt = {nearest(name, plan.names) for name in unknown}
            for prop in missing:
                if prop.name not in misspelt:  # the unknown field's hint says it already
                    owner = describe(built.node, plan.cls)
                    self.missing(built.node, built.path, prop.name, owner, prop.when_missing)
        return not missing

    def build_typed(self, kind: TypeKind, base: type, node: Mapping, path: str) -> Any:
        """A task, trigger or condition by its `type`; a base object where the class is not ours."""
        given = node.get("type")
        if given is None:
            return self.build_untyped(base, node, path, "<null>")
        if not isinstance(given, Scalar):
            return self.misfit(given, child_path(path, "type"), "text", "java.lang.String")
        written = given.text or ""
        name = self.registry.canonical(written)
        standing = self.registry.standing(name, kind)
        cls = self.registry.find(name, kind) if standing in (Standing.RUNS, Standing.DECLARED) else None
        self._judge_type(kind, standing, written, given, child_path(path, "type"))
        return self.build(cls or base, node, path, type_name=name, open_ended=cls is None)

    def build_untyped(self, base: type, node: Mapping, path: str, shown: str) -> Any:
        """An object whose `type` is missing: what all of its kind have is checked all the same."""
        self.missing(node, path, "type", describe(node, base), f"Invalid type: {shown}", at=path)
        before = len(self.diagnostics)
        self.build(base, node, path, open_ended=True)
        self.diagnostics[before:] = [
            each for each in self.diagnostics[before:] if each.path != child_path(path, "type")
        ]
        return INVALID

    def _judge_type(self, kind: TypeKind, standing: Standing, name: str, given: Scalar, path: str) -> None:
        if standing is Standing.UNKNOWN:
            own = name.startswith(OWN_CODE)
            known = self.registry.names(kind)
            self.unknown_type(given, path, name, known, f"{kind.value} type", declarable=not own)
        elif standing is Standing.PLUGIN:
            message = f"`{name}` belongs to a Kestra plugin; its own properties are not checked"
            self.report(Diagnostic("plugin-type", Severity.NOTE, message, given.span, path))

    def unknown_type(
        self, given: Node, path: str, name: str, known: Collection[str], what: str, *, declarable: bool = False
    ) -> None:
        """A `type` that does not exist."""
        hint = did_you_mean(name, known)
        if hint is None:
            hint = DECLARE if declarable else f"one of {', '.join(known)}" if len(known) <= FEW else None
        kestra = f"{path.rpartition('.')[0]}: Invalid type: {name}"
        message = f"there is no {what} `{name}`"
        self.report(Diagnostic("unknown-type", Severity.ERROR, message, given.span, path, hint=hint, kestra=kestra))

    def unknown_field(self, entry: Entry, path: str, owner: str, plan: Plan, type_name: str = "") -> None:
        """A property that its object does not have."""
        listed = ", ".join(f'"{name}"' for name in plan.by_name)
        kestra = (
            f'{path}["{entry.key}"]: Unrecognized field "{entry.key}" (class {type_name or java_class(plan.cls)}), '
            f"not marked as ignorable ({len(plan.by_name)} known properties: {listed})"
        )
        message = f"unknown field `{entry.key}` in {owner}"
        where = child_path(path, entry.key)
        hint = did_you_mean(entry.key, plan.names)
        self.report(
            Diagnostic("unknown-field", Severity.ERROR, message, entry.key_span, where, hint=hint, kestra=kestra)
        )

    def unknown_unread(self, entry: Entry, path: str, owner: str) -> None:
        """A property that its object does not have, and that the server reads over."""
        message = f"unknown field `{entry.key}` in {owner}: it is read over"
        self.report(Diagnostic("unknown-field", Severity.WARNING, message, entry.key_span, child_path(path, entry.key)))

    def missing(self, node: Mapping, path: str, name: str, owner: str, kestra: str, *, at: str | None = None) -> None:
        """A required property that is absent, or present without a value. `owner`: what it is missing in."""
        entry = node.entries.get(name)
        span = entry.key_span if entry else anchor(node)
        message = f"`{name}` is missing in {owner}"
        self.report(violation("missing-field", message, span, child_path(path, name), kestra, at=at))

    def misfit(
        self, node: Node, path: str, wanted: str, java: str, *, detail: str = "", hint: str | None = None
    ) -> Any:
        """A value of the wrong type."""
        if isinstance(node, Scalar):
            found = "nothing" if is_null(node) else f"`{shortened(node.raw)}`"
            token = f'String "{node.text}"'
        elif isinstance(node, Mapping):
            found, token = "a map", "Object value (token `JsonToken.START_OBJECT`)"
        else:
            found, token = "a list", "Array value (token `JsonToken.START_ARRAY`)"
        name = path.rpartition(".")[2]
        kestra = f"Cannot deserialize value of type `{java}` from {token}" + (f": {detail}" if detail else "")
        message = f"`{name}` must be {wanted}, not {found}"
        return self.refuse(unreadable("wrong-type", message, node.span, path, kestra, hint=hint))


def anchor(node: Mapping) -> Span:
    """The place that stands for an object: the value of its `id`, else its first key, else itself."""
    named = node.entries.get("id")
    if named is not None and isinstance(named.value, Scalar) and named.value.text:
        return named.value.span
    first = next((entry for entry in node.entries.values() if not entry.inherited), None)
    return first.key_span if first else node.span


JAVA_PACKAGES = {
    "Input": "io.kestra.core.models.flows.input.",
    "Retry": "io.kestra.core.models.tasks.retrys.",
    "Flow": "io.kestra.core.models.flows.",
}


def java_class(cls: type) -> str:
    """The server's name for a class that has no type of its own, for its sentences."""
    base = next((each.__name__ for each in cls.__mro__ if each.__name__ in JAVA_PACKAGES), "Flow")
    name = {"Flow": "FlowWithSource"}.get(cls.__name__, cls.__name__)
    return JAVA_PACKAGES[base] + (name.removesuffix("Retry") if base == "Retry" else name)


def describe(node: Mapping, cls: type) -> str:
    """An object in words: ``task `greet` ``, `the flow`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", cls.__name__).lower()
    if words == "flow":
        return "the flow"
    kind = kind_of(cls) or words
    named = node.get("id")
    return f"{kind} `{named.text}`" if isinstance(named, Scalar) else f"this {kind}"


@cache
def kind_of(cls: type) -> str | None:
    """`task`, `trigger`, `condition`, `input` or `retry`, for a class that is one."""
    bases = ("Task", "Trigger", "Condition", "Input", "Retry")
    return next((each.__name__.lower() for each in cls.__mro__ if each.__name__ in bases), None)


def shortened(text: str) -> str:
    """A value in a message: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"


CODES: dict[type, str] = {Matches: "pattern", Length: "length", AtLeast: "too-small", NotEmpty: "empty"}


def broken_rule(rule: Any, value: Any) -> tuple[str, str] | None:
    """Our words and the server's for a broken constraint; None when the value keeps it."""
    if isinstance(rule, Matches) and isinstance(value, str) and not compiled(rule.pattern).fullmatch(value):
        return (
            f"must match the pattern `{rule.pattern}`, which `{shortened(value)}` does not",
            f'must match "{rule.pattern}"',
        )
    if isinstance(rule, Length) and isinstance(value, str) and not rule.minimum <= len(value) <= rule.maximum:
        sentence = f"size must be between {rule.minimum} and {rule.maximum}"
        return f"must have {rule.minimum} to {rule.maximum} characters, not {len(value)}", rule.message or sentence
    if isinstance(rule, AtLeast) and isinstance(value, (int, float)) and value < rule.minimum:
        return f"must be at least {rule.minimum}, not {value}", f"must be greater than or equal to {rule.minimum}"
    if isinstance(rule, NotEmpty) and isinstance(value, (str, list, dict)) and not value:
        return "must not be empty", rule.message
    return None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a declaration, compiled on first use."""
    return re.compile(pattern)
