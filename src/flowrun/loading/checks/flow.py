"""The flow as a whole: its id, ids that must differ, labels, SLAs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity
from flowrun.loading.messages import invalid_flow, unreadable, violation
from flowrun.loading.signature import CALLS
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, text_of
from flowrun.model.flow import Flow, Output, Sla, SlaType
from flowrun.model.task import Task
from flowrun.model.trigger import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrun.diagnostics import Span
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked
    from flowrun.loading.tree import Node

BAD_KEY = (
    "Invalid label key. A valid key contains only lowercase letters numbers hyphens (-) underscores (_) or periods (.) "
    "and must begin with a lowercase letter."
)
LABEL_KEY = re.compile(r"(?:[^\W\d_]|[0-9._-])*")
RESERVED = (
    "pause",
    "resume",
    "force-run",
    "change-status",
    "kill",
    "executions",
    "search",
    "source",
    "disable",
    "enable",
)


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    objects = checked.objects
    yield from unconverted(each for each in objects if each.cls is Flow)
    yield from reserved_id(each for each in objects if each.cls is Flow)
    yield from duplicates((each for each in objects if issubclass(each.cls, Task)), "task", "Duplicate task id")
    yield from duplicates(
        (each for each in objects if issubclass(each.cls, Trigger)), "trigger", "Duplicate trigger id"
    )
    yield from duplicates((each for each in objects if each.cls is Output), "output", "Duplicate output")
    yield from label_keys(each for each in objects if each.cls is Flow)
    yield from system_labels(checked)
    for each in objects:
        if issubclass(each.cls, Task | Trigger):
            yield from out_of_reach(each)
        if each.cls is Sla:
            yield from incomplete_sla(each)
        if each.type and checked.registry.canonical(written := text_of(each.node.get("type")) or "") != written:
            message = f"`{written}` is an old name of `{each.type}`"
            yield Diagnostic("old-type", Severity.NOTE, message, each.span_of("type"), child_path(each.path, "type"))


def out_of_reach(each: Built) -> Iterator[Diagnostic]:
    """Properties that need an Enterprise licence, or something that a flow file cannot give."""
    assets, reference = each.entry("assets"), each.entry("pluginDefaultsRef")
    if issubclass(each.cls, Task) and assets is not None and each.get("assets") is not None:
        kestra = (
            f"Task '{each.get('id')}' can't have any `assets` because assets are only available in Enterprise Edition."
        )
        message = "`assets` exist in Kestra's Enterprise Edition only"
        yield invalid_flow("enterprise-only", message, assets.key_span, child_path(each.path, "assets"), kestra)
    name = each.get("plugin_defaults_ref")
    if reference is not None and name is not None:
        kestra = f"No plugin-defaults exists for pluginDefaultsRef: '{name}'"
        path = child_path(each.path, "pluginDefaultsRef")
        message = f"there are no plugin defaults `{name}` to refer to"
        yield violation("no-such-defaults", message, reference.value.span, path, kestra, at="pluginDefaultsRef")


def unconverted(flows: Iterable[Built]) -> Iterator[Diagnostic]:
    """The server does not convert these two, as it does all others, and fails on a value of another type."""
    for each in flows:
        namespace, entry = each.entry("namespace"), each.entry("revision")
        if (
            namespace is not None
            and isinstance(namespace.value, Scalar)
            and isinstance(namespace.value.value, int | float)
        ):
            java = {bool: "Boolean", int: "Integer"}.get(type(namespace.value.value), "Double")
            kestra = f"ClassCastException: class java.lang.{java} cannot be cast to class java.lang.String"
            hint = f'write "{namespace.value.raw}"'
            message = "`namespace` must be text"
            yield unreadable("wrong-type", message, namespace.value.span, "namespace", kestra, hint=hint)
        if entry is not None and isinstance(entry.value, Scalar) and isinstance(entry.value.value, str | float):
            java = "String" if isinstance(entry.value.value, str) else "Double"
            kestra = f"ClassCastException: class java.lang.{java} cannot be cast to class java.lang.Integer"
            message = "`revision` must be a whole number"
            yield unreadable("wrong-type", message, entry.value.span, "revision", kestra)


def reserved_id(flows: Iterable[Built]) -> Iterator[Diagnostic]:
    """Words that mean something else in the addresses of the server."""
    for each in flows:
        if each.get("id") in RESERVED:
            kestra = (
                f"Flow id is a reserved keyword: {each.get('id')}. List of reserved keywords: {', '.join(RESERVED)}"
            )
            message = f"`{each.get('id')}` is a reserved word and cannot be the id of a flow"
            yield invalid_flow("reserved-id", message, each.span_of("id"), "id", kestra)


def duplicates(objects: Iterable[Built], what: str, words: str) -> Iterator[Diagnostic]:
    """Ids that are given twice, at whatever depth; the one further down is reported."""
    seen: dict[str, Built] = {}
    for each in sorted(objects, key=lambda one: one.node.place):
        name = each.get("id")
        if not isinstance(name, str):
            continue
        if name in seen:
            first = seen[name].span_of("id").line
            message = f"the {what} id `{name}` is used twice (first in line {first})"
            kestra = f"{words} with name [{name}]"
            yield invalid_flow("duplicate-id", message, each.span_of("id"), child_path(each.path, "id"), kestra)
        seen.setdefault(name, each)


def system_labels(checked: Checked) -> Iterator[Diagnostic]:
    """Labels that begin with `system.` belong to the server, but for `system.readOnly` on a flow."""
    for each in checked.objects:
        labels = each.node.entries.get("labels")
        if labels is None or not (each.cls is Flow or issubclass(each.cls, Trigger) or each.type in CALLS):
            continue
        path = child_path(each.path, "labels")
        for key, value, span in label_pairs(labels.value):
            if not key.startswith("system.") or (each.cls is Flow and key == "system.readOnly"):
                continue
            message = f"the label `{key}`: only Kestra itself sets labels that begin with `system.`"
            kestra = f"System labels can only be set by Kestra itself, offending label: {key}={value}"
            if each.cls is Flow:
                yield invalid_flow("system-label", message, span, child_path(path, key), kestra)
            else:
                yield violation("system-label", message, span, child_path(path, key), f"{kestra}.", at=each.path)


def label_keys(flows: Iterable[Built]) -> Iterator[Diagnostic]:
    """How the keys of the flow's own labels are spelt; those of triggers and tasks are free. Letters are Unicode's."""
    for each in flows:
        labels = each.node.entries.get("labels")
        for number, (key, _, span) in enumerate(label_pairs(labels.value) if labels else ()):
            if not (key[:1].islower() and LABEL_KEY.fullmatch(key)):
                message = f"`{key}` is no key of a label: a lowercase letter, then letters, digits, `-`, `_` and `.`"
                yield violation("label-key", message, span, f"labels.{key}", BAD_KEY, at=f"labels[{number}].key")


def label_pairs(labels: Node) -> Iterator[tuple[str, str | None, Span]]:
    """Key, value and the place of the key, in either spelling."""
    if isinstance(labels, Mapping):
        for key, entry in labels.entries.items():
            yield key, text_of(entry.value), entry.key_span
    for item in labels.items if isinstance(labels, Sequence) else ():
        key_of_item = text_of(item.get("key")) if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and key_of_item:
            yield key_of_item, text_of(item.get("value")), item.entries["key"].value.span


def incomplete_sla(sla: Built) -> Iterator[Diagnostic]:
    """Each type of SLA needs its own property."""
    needed = {SlaType.MAX_DURATION: ("duration", "duration"), SlaType.EXECUTION_ASSERTION: ("assert_", "assert")}
    kind = sla.get("type")
    if kind in needed and needed[kind][0] not in sla.values and needed[kind][1] not in sla.node.entries:
        name = needed[kind][1]
        message = f"an SLA of type {kind} needs `{name}`"
        yield violation("missing-field", message, sla.span_of("id"), child_path(sla.path, name), "must not be null")
