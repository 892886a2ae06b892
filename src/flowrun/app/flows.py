"""Flow files: checked, loaded, and what a run of them would see and do."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from flowrun.errors import FlowInvalid, TypesMissing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import NoReturn

    from flowrun.diagnostics import Diagnostic, Span
    from flowrun.engine.inputs import Resolution
    from flowrun.loading.loader import Loaded
    from flowrun.loading.needs import Need
    from flowrun.loading.signature import FlowName, Signature
    from flowrun.loading.source import Source
    from flowrun.model.flow import Flow
    from flowrun.model.task import Task
    from flowrun.model.workplace import Workplace


Together: TypeAlias = "dict[FlowName, Signature] | None"
"""The flows that are checked at the same time, by name; None: a file alone."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A line of `--dry-run`: a task at its depth, with the properties that can be rendered already.

    `properties` holds rendered text, or the template itself where it needs what only a run knows;
    `pending` names those. `branch` is empty for main tasks, else `errors`, `finally` or `afterExecution`.
    """

    depth: int
    branch: str
    id: str
    type: str
    properties: Mapping[str, str] = field(default_factory=dict)
    pending: Sequence[str] = ()


def check(source: Source, together: Together = None) -> list[Diagnostic]:
    """Every problem of a file, in the order of its text. Errors with an empty `kestra` are found by flowrun alone.

    `together`: the flows that are checked at the same time, for calls between them. Raises `UsageError` for settings that cannot be read.
    """
    return load_with_settings(source, together).diagnostics


def signatures(sources: Iterable[Source]) -> dict[FlowName, Signature]:
    """What flows have to know of each other. Of two with the same name the first counts."""
    from flowrun.loading.signature import signature_of
    from flowrun.tasks.registry import REGISTRY

    found: dict[FlowName, Signature] = {}
    for source in sources:
        if one := signature_of(source.text, REGISTRY):
            found.setdefault(one.name, one)
    return found


def load_with_settings(source: Source, together: Together = None) -> Loaded:
    """A file as the settings of its folder have it: types of one's own, rules switched off."""
    from flowrun.app.settings import settings_for
    from flowrun.loading import load as load_source
    from flowrun.tasks.registry import registry_with

    settings = settings_for(source.name)
    return load_source(source, registry_with(settings.types), settings.rules, together)


def may_be_flow(source: Source) -> bool:
    """Whether a YAML file looks like a flow: a map with `id`, `namespace` or `tasks`, or too broken to tell."""
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import Mapping

    parsed = parse(source.text)
    if isinstance(parsed.root, Mapping):
        return not {"id", "namespace", "tasks"}.isdisjoint(parsed.root.entries)
    return any(one.code == "yaml" for one in parsed.diagnostics)


def load(source: Source, mocked: Collection[str] = ()) -> tuple[Flow, list[Diagnostic]]:
    """The flow of a file, and what there is to warn of. `mocked`: the ids of the tasks that are not run.

    Raises `FlowInvalid` with every problem at once when the server would refuse the file,
    `TypesMissing` with every task whose type is real but can't be run here.
    """
    flow, diagnostics = read(source)
    if missing := missing_types(flow, mocked):
        refuse_types(missing, source)
    return flow, diagnostics


def read(source: Source) -> tuple[Flow, list[Diagnostic]]:
    """As `load`, for a flow that is not to be run."""
    loaded = load_with_settings(source)
    if loaded.flow is None:
        raise FlowInvalid(loaded.sentence, loaded.diagnostics)
    return with_revision(loaded.flow, source.revision), list(loaded.diagnostics)


def with_revision(flow: Flow, revision: int | None) -> Flow:
    """The flow as it was saved: the store numbers its revisions, whatever the text says."""
    from dataclasses import replace

    return flow if revision is None else replace(flow, revision=revision)


def read_with_needs(source: Source) -> tuple[Flow, list[Need]]:
    """A flow that is not to be run, and what it needs from outside. Raises `FlowInvalid`."""
    from flowrun.app.settings import settings_for
    from flowrun.loading.needs import needs_of
    from flowrun.loading.tree import Mapping
    from flowrun.tasks.registry import registry_with

    loaded = load_with_settings(source)
    if loaded.flow is None:
        raise FlowInvalid(loaded.sentence, loaded.diagnostics)
    assert isinstance(loaded.root, Mapping)
    registry = registry_with(settings_for(source.name).types)
    return loaded.flow, needs_of(loaded.root, source.text.removeprefix("\ufeff"), registry)


def file_schema() -> dict[str, Any]:
    """The JSON Schema of a flow file, with all types that are known."""
    from flowrun.loading.schema import flow_schema
    from flowrun.tasks.aliases import ALIASES
    from flowrun.tasks.registry import Registry

    return flow_schema(Registry(), ALIASES)


def task_lines(source: Source) -> dict[str, int]:
    """The line on which each task of a file begins, by its id."""
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import mappings, text_of

    root = parse(source.text).root
    tasks = [one for one in mappings(root) if one.get("type")] if root is not None else []
    return {str(text_of(one.get("id"))): one.span.line for one in reversed(tasks)}


def type_spans(source: Source) -> dict[str, Span]:
    """Where the type of each task of a file stands, by its id."""
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import mappings, text_of

    root = parse(source.text).root
    types = [(one.get("id"), one.get("type")) for one in mappings(root)] if root is not None else []
    return {str(text_of(name)): node.span for name, node in reversed(types) if node is not None}


def missing_types(flow: Flow, mocked: Collection[str]) -> dict[str, str]:
    """The types that can't be run here, by the ids of their tasks; without those of which a mock takes the place."""
    from flowrun.model.registry import Standing, TypeKind
    from flowrun.tasks.registry import REGISTRY

    types = {
        task.id: task.type.partition("$")[0] for task in flow.tasks_by_id.values()
    }  # ForEachItem$… is of ForEachItem
    return {
        task_id: name
        for task_id, name in types.items()
        if REGISTRY.standing(name, TypeKind.TASK) is not Standing.RUNS
        and not any(one.id in mocked for one in flow.path_to(task_id))
    }


def refuse_types(missing: Mapping[str, str], source: Source) -> NoReturn:
    """Raise `TypesMissing` with a problem for each task, by id, whose type can't be run here."""
    from flowrun.diagnostics import Diagnostic, Severity

    spans = type_spans(source)
    problems = [
        Diagnostic(
            "types-missing", Severity.ERROR, f"flowrun can't run `{name}`", spans.get(task), hint=mock_hint(task)
        )
        for task, name in missing.items()
    ]
    names = sorted(set(missing.values()))
    raise TypesMissing(
        f"flowrun can't run {'this type' if len(names) == 1 else 'these types'} yet: {', '.join(names)}",
        problems,
        hint=f"go on without {'it' if len(missing) == 1 else 'them'}: {' '.join(f'--mock {task}={{}}' for task in missing)}",
    )


def mock_hint(task: str) -> str:
    """How a task is passed by."""
    return f"`--mock {task}=OUTPUTS` has it end well without running it"


def preview(
    flow: Flow,
    raw: Mapping[str, Any],
    workplace: Workplace | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Resolution:
    """The inputs of an execution that does not run yet: files are looked at, and not copied. Raises `StartRefused`.

    `workplace`: that of the run that is to come; without it `http()` in their templates may ask nobody. `seen`: what they
    see of an execution that runs.
    """
    from flowrun.app.uploads import Uploads
    from flowrun.engine.start import new_execution, resolution
    from flowrun.runtime.clock import WallClock
    from flowrun.runtime.host import EngineHost, environment_variables
    from flowrun.runtime.ids import new_id

    clock = WallClock()
    execution = new_execution(flow, {}, new_id(), clock.now())
    envs = environment_variables(os.environ)
    host = EngineHost(clock, workplace=workplace)
    return resolution(flow, raw, execution, envs, host=host, upload=Uploads(), seen=seen)


def start_variables(flow: Flow, raw_inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a template of this flow sees before anything has run; SECRET inputs read as `MASK`. Raises `StartRefused`."""
    from flowrun.engine.scope import flow_variables, nested
    from flowrun.engine.start import secret_inputs
    from flowrun.model.log import MASK

    inputs, defaults = preview(flow, raw_inputs).resolve_all()
    secrets = dict.fromkeys(secret_inputs(flow, {**defaults, **inputs}), MASK)
    return {
        "flow": flow_variables(flow, flow.revision or 1),
        "inputs": nested({**defaults, **inputs, **secrets}),
        "vars": flow.variables or {},
        "labels": nested(flow.labels),
    }


def plan(flow: Flow, raw_inputs: Mapping[str, Any]) -> list[PlannedTask]:
    """What a run would do, without doing it. Raises `StartRefused`."""
    variables = start_variables(flow, raw_inputs)
    return [
        planned(task, depth, branch, variables)
        for branch, tasks in (
            ("", flow.tasks),
            ("errors", flow.errors),
            ("finally", flow.finally_),
            ("afterExecution", flow.after_execution),
        )
        for task, depth in tasks_with_depth(tasks or (), 0)
    ]


def tasks_with_depth(tasks: Sequence[Task], depth: int) -> Iterator[tuple[Task, int]]:
    """Tasks that would run and those below them, parents first; disabled ones are left out."""
    from flowrun.model.task import FlowableTask

    for task in tasks:
        if task.disabled:
            continue
        yield task, depth
        if isinstance(task, FlowableTask):
            yield from tasks_with_depth(list(task.children()), depth + 1)
            yield from tasks_with_depth(task.errors or (), depth + 1)
            yield from tasks_with_depth(task.finally_ or (), depth + 1)


def planned(task: Task, depth: int, branch: str, variables: Mapping[str, Any]) -> PlannedTask:
    """One task of the plan, its templated properties rendered where that is already possible."""
    from dataclasses import fields

    from flowrun.errors import TemplateError
    from flowrun.loading.plan import camel_case
    from flowrun.model.task import Task
    from flowrun.template import render

    common = {each.name for each in fields(Task)}
    properties, pending = {}, []
    for name, value in vars(task).items():
        texts = [value] if isinstance(value, str) else value
        if name in common or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            continue
        try:
            properties[camel_case(name)] = "\n".join(render(str(text), variables) for text in texts)
        except TemplateError:
            properties[camel_case(name)] = "\n".join(map(str, texts))
            pending.append(camel_case(name))
    return PlannedTask(depth, branch, task.id, task.type, properties, pending)
