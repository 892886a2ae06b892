"""Rules of single task types: Dag, Switch, Template, WorkingDirectory, and flows that call themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity, did_you_mean
from flowrun.loading.build import anchor
from flowrun.loading.checks.cycles import cycle_through, tied
from flowrun.loading.messages import invalid_flow, violation, warning
from flowrun.loading.tree import Mapping, Node, Scalar, Sequence, child_path, text_of
from flowrun.model.flow import Flow
from flowrun.model.task import FlowableTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

CORE = "io.kestra.plugin.core."
FLOWABLE_PACKAGE = CORE + "flow."
RUNNABLE_THERE = frozenset({CORE + "flow.Sleep"})
RUN_BY_THE_ENGINE = frozenset(
    CORE + "execution." + name for name in ("Exit", "Labels", "SetVariables", "UnsetVariables")
)
"""Tasks that change the execution itself: the server does not count them as runnable."""
RUNS_NOTHING = RUN_BY_THE_ENGINE | {CORE + "flow." + name for name in ("ForEachItem", "Subflow", "WorkingDirectory")}
"""Types that run nothing on a worker."""
HEEDED = {(CORE + "flow.WorkingDirectory", "workerGroup")}
"""Properties that these types do heed."""


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    rules = {
        CORE + "flow.Dag": dag,
        CORE + "flow.Switch": switch,
        CORE + "flow.WorkingDirectory": working_directory,
        CORE + "flow.Subflow": self_call,
        CORE + "flow.ForEachItem": self_call,
        CORE + "flow.ForEach": loop_values,
        CORE + "flow.Template": template,
    }
    for each in checked.objects:
        if rule := rules.get(each.type):
            yield from rule(each, checked)
        if issubclass(each.cls, FlowableTask) or each.type in RUNS_NOTHING:
            yield from without_effect(each)


def without_effect(each: Built) -> Iterator[Diagnostic]:
    """Properties that only runnable tasks heed; the server warns as well."""
    for name in ("timeout", "taskCache", "workerGroup"):
        if (each.type, name) in HEEDED or (entry := each.entry(name)) is None or each.type == CORE + "flow.Pause":
            continue
        message = f"`{name}` has no effect here: `{each.get('id')}` runs nothing itself"
        yield warning("no-effect", message, entry.key_span, child_path(each.path, name))


def dag(each: Built, checked: Checked) -> Iterator[Diagnostic]:  # noqa: ARG001
    """Members depend on members that exist, and never on themselves."""
    graph: dict[str, list[str]] = {}
    places: dict[str, Mapping] = {}
    for member in items_of(each.node.get("tasks")):
        task = member.get("task") if isinstance(member, Mapping) else None
        name = text_of(task.get("id")) if isinstance(task, Mapping) else None
        if name and isinstance(member, Mapping):
            graph[name] = [text for node in items_of(member.get("dependsOn")) if (text := text_of(node))]
            places[name] = member
    waits = [(name, node) for name, member in places.items() for node in items_of(member.get("dependsOn"))]
    for name, node in waits:
        other, path = text_of(node), f"{each.path}.tasks"
        if isinstance(node, Scalar) and other not in graph:
            which = f"`{other}`, which is no task of this Dag" if other else "nothing"
            message = f"`{name}` depends on {which}"
            kestra = f"Not existing task id in dependency: {'null' if other is None else other}"
            hint = did_you_mean(other, graph) if other else None
            yield violation("dag-dependency", message, node.span, path, kestra, at=each.path, hint=hint)
        elif other and is_disabled(places[other]) and not is_disabled(places[name]) and not each.get("disabled"):
            message = f"`{name}` waits for `{other}`, which is disabled and never ends: the run hangs"
            yield Diagnostic("dag-disabled-dependency", Severity.ERROR, message, node.span, path)
    cyclic = [name for name in tied(graph) if cycle_through(name, graph)]
    if cyclic:
        span = places[cyclic[0]].entries["dependsOn"].key_span
        way = cycle_through(cyclic[0], graph) or []
        message = f"these tasks wait for each other: {' → '.join([*way, cyclic[0]])}"
        kestra = f"Cyclic dependency detected: {', '.join(cyclic)}"
        yield violation("dag-cycle", message, span, each.path, kestra)


def is_disabled(member: Mapping) -> bool:
    """Whether a member of a Dag is switched off."""
    task = member.get("task")
    return isinstance(task, Mapping) and text_of(task.get("disabled")) == "true"


def loop_values(each: Built, checked: Checked) -> Iterator[Diagnostic]:  # noqa: ARG001
    """Values that are written out: each counts once, and only some kinds of them can be looped over."""
    seen: set[tuple[type, object]] = set()
    for number, item in enumerate(items_of(each.node.get("values"))):
        path = f"{each.path}.values[{number}]"
        if not isinstance(item, Scalar) or "{" in item.raw:
            continue
        if item.value is None or isinstance(item.value, bool | float):
            what = "nothing" if item.value is None else f"`{item.raw}`"
            message = f"a loop cannot take {what} as a value: only text, whole numbers and maps"
            hint = None if item.value is None else f'write it as text: `"{item.raw}"`'
            # A task that is not run does no harm, whatever it holds.
            severity = Severity.WARNING if each.get("disabled") else Severity.ERROR
            yield Diagnostic("loop-value-type", severity, message, item.span, path, hint=hint)
        elif (value := (type(item.value), item.value)) in seen:
            message = f"`{item.text}` stands in the list already: a loop runs once for equal values"
            yield warning("duplicate-value", message, item.span, path)
        else:
            seen.add(value)


def items_of(node: Node | None) -> list[Node]:
    """The items of a list; nothing for anything else."""
    return node.items if isinstance(node, Sequence) else []


def switch(each: Built, checked: Checked) -> Iterator[Diagnostic]:  # noqa: ARG001
    """There is something to choose from."""
    cases, defaults = each.node.get("cases"), each.node.get("defaults")
    some = isinstance(cases, Mapping) and any(items_of(entry.value) for entry in cases.entries.values())
    if not some and not items_of(defaults):
        message = "a Switch needs tasks in `cases` or in `defaults`"
        kestra = "No task defined, neither cases or default have any tasks"
        yield violation("no-tasks", message, anchor(each.node), each.path, kestra)
    elif cases is None and not each.get("disabled"):
        message = "a Switch without `cases` fails on the server, even with `defaults`"
        yield Diagnostic(
            "switch-without-cases", Severity.ERROR, message, anchor(each.node), each.path, hint="add `cases: {}`"
        )


def working_directory(each: Built, checked: Checked) -> Iterator[Diagnostic]:
    """Its tasks run one after the other on one worker, so they must be runnable, without a worker of their own."""
    for number, task in enumerate(items_of(each.node.get("tasks"))):
        if not isinstance(task, Mapping):
            continue
        path = f"{each.path}.tasks[{number}]"
        written = text_of(task.get("type")) or ""
        name = checked.registry.canonical(written)
        if name in RUN_BY_THE_ENGINE or (name.startswith(FLOWABLE_PACKAGE) and name not in RUNNABLE_THERE):
            message = f"`{written}` cannot stand in a WorkingDirectory: only runnable tasks can"
            kestra = "Only runnable tasks are allowed as children of a WorkingDirectory task"
            span = task.entries["type"].value.span
            yield violation("not-runnable", message, span, child_path(path, "type"), kestra, at=each.path)
        if task.get("workerGroup") is not None:
            kestra = (
                "Cannot set a Worker Group in any WorkingDirectory sub-tasks, "
                "it is only supported at the WorkingDirectory level"
            )
            message = "`workerGroup` belongs to the WorkingDirectory, not to a task in it"
            span = task.entries["workerGroup"].key_span
            yield violation("worker-group", message, span, child_path(path, "workerGroup"), kestra, at=each.path)


def template(each: Built, checked: Checked) -> Iterator[Diagnostic]:  # noqa: ARG001
    """A server has no templates unless its configuration brings them back."""
    message = "templates are switched off in Kestra: the server refuses the flow"
    kestra = "Unable to validate the flow: Templates are disabled, please check your configuration"
    hint = "make a flow of the template, and call it with `io.kestra.plugin.core.flow.Subflow`"
    path = child_path(each.path, "type")
    yield Diagnostic("template", Severity.ERROR, message, each.span_of("type"), path, hint=hint, kestra=kestra)


def self_call(each: Built, checked: Checked) -> Iterator[Diagnostic]:
    """A flow that calls itself by its plain name would never end."""
    flow = next(one for one in checked.objects if one.cls is Flow)
    own = (flow.get("namespace"), flow.get("id"))
    if None not in own and own == (each.get("namespace"), each.get("flow_id")):
        message = f"the flow `{own[1]}` calls itself"
        kestra = f"Recursive call to flow [{own[0]}.{own[1]}]"
        yield invalid_flow("self-call", message, each.span_of("flowId"), child_path(each.path, "flowId"), kestra)
