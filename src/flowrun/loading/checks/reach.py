"""Tasks that never run, whatever the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.loading.build import anchor
from flowrun.loading.messages import warning
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, text_of
from flowrun.model.flow import Flow
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked
    from flowrun.loading.tree import Node
    from flowrun.model.registry import TypeRegistry

CORE = "io.kestra.plugin.core."
FAIL = CORE + "execution.Fail"
EXIT = CORE + "execution.Exit"
UNORDERED = frozenset(CORE + "flow." + name for name in ("Parallel", "EachParallel", "Dag"))
LISTS = ("tasks", "then", "else", "defaults", "errors", "finally", "afterExecution")
BESIDE = frozenset({"errors", "finally", "afterExecution"})
"""Lists that go on when a task of theirs fails."""
FALSY = frozenset({"", "false", "0", "-0", "{{ false }}", "{{false}}"})
TRUTHY = frozenset({"true", "1", "{{ true }}", "{{true}}"})


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    for each in checked.objects:
        if each.cls is Flow or issubclass(each.cls, Task):
            yield from behind_an_end(each, checked.registry)
            yield from never_taken(each)


def behind_an_end(each: Built, registry: TypeRegistry) -> Iterator[Diagnostic]:
    """Nothing runs behind a task that always ends the execution."""
    for path, key, items in sequences(each):
        ends = ends_of(path, key)
        for number, item in enumerate(items[:-1]):
            if isinstance(item, Mapping) and always_ends(item, ends, registry):
                last, following = text_of(item.get("id")), items[number + 1]
                if isinstance(following, Mapping):
                    message = f"nothing runs behind `{last}`, which always ends the execution"
                    yield warning("unreachable-task", message, anchor(following), f"{path}[{number + 1}]")
                break


def sequences(each: Built) -> Iterator[tuple[str, str, list[Node]]]:
    """The lists of tasks that run one after the other: path, property, tasks."""
    for key in LISTS:
        node = each.node.get(key)
        if isinstance(node, Sequence) and not (key == "tasks" and each.type in UNORDERED):
            yield child_path(each.path, key), key, node.items
    cases = each.node.get("cases")
    for key, entry in cases.entries.items() if isinstance(cases, Mapping) else ():
        if isinstance(entry.value, Sequence):
            yield child_path(child_path(each.path, "cases"), key), "cases", entry.value.items


def ends_of(path: str, key: str) -> set[str]:
    """The types that keep what stands behind them from running, in the list at `path` that is the property `key`."""
    fails = set() if key in BESIDE else {FAIL}
    exits = set() if path.startswith("afterExecution") else {EXIT}  # the execution has ended already
    return fails | exits


def always_ends(task: Mapping, ends: set[str], registry: TypeRegistry) -> bool:
    """One of these types, without a condition that lets it pass."""
    conditional = ("condition", "runIf", "allowFailure", "disabled", "retry")
    return registry.canonical(text_of(task.get("type")) or "") in ends and not any(map(task.get, conditional))


def never_taken(each: Built) -> Iterator[Diagnostic]:
    """Conditions and values that are written down, so that the same branch is taken each time."""
    run_if = each.entry("runIf")
    if run_if is not None and constant(run_if.value) in FALSY:
        message = f"`{each.get('id')}` is always skipped: its `runIf` is never true"
        yield warning("unreachable-task", message, run_if.value.span, child_path(each.path, "runIf"))
    if each.type == CORE + "flow.If":
        yield from one_branch(each)
    elif each.type == CORE + "flow.Switch":
        yield from one_case(each)
    elif each.type == CORE + "flow.ForEach":
        values = each.entry("values")
        empty = values is not None and (
            values.value.items == [] if isinstance(values.value, Sequence) else constant(values.value) == "[]"
        )
        if values is not None and empty:
            message = f"`{each.get('id')}` has no values, so its tasks never run"
            yield warning("unreachable-task", message, values.value.span, child_path(each.path, "values"))


def one_branch(each: Built) -> Iterator[Diagnostic]:
    condition = each.entry("condition")
    value = constant(condition.value) if condition else None
    dead = "then" if value in FALSY else "else" if value in TRUTHY else None
    entry = each.entry(dead) if dead else None
    if dead and entry:
        message = f"`{dead}` is never taken: the condition is always {'false' if dead == 'then' else 'true'}"
        yield warning("unreachable-task", message, entry.key_span, child_path(each.path, dead))


def one_case(each: Built) -> Iterator[Diagnostic]:
    value, cases = each.node.get("value"), each.node.get("cases")
    text = constant(value) if value is not None else None
    if text is None or "{" in text or not isinstance(cases, Mapping):
        return
    for key, entry in cases.entries.items():
        if key != text:
            message = f"the case `{key}` is never taken: the value is always `{text}`"
            path = child_path(child_path(each.path, "cases"), key)
            yield warning("unreachable-task", message, entry.key_span, path)


def constant(node: Node) -> str | None:
    """The text of a scalar without a template, or with one that is a plain truth value."""
    text = node.text.strip() if isinstance(node, Scalar) and node.text is not None else None
    if text is None or (("{{" in text or "{%" in text) and text not in FALSY | TRUTHY):
        return None
    return text
