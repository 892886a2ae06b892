"""Which types there are, and the class behind each: a name is looked up here, its module imported on demand.

Types of other packages come in through the entry-point group `flowrun.tasks` (entry name: the type;
value: `module:Class`); they are looked for only when a name is none of ours.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from flowrun.model.registry import Standing, TypeKind
from flowrun.tasks.aliases import ALIASES, CONDITIONS, CORE, UNCHANGED_CONDITIONS
from flowrun.tasks.plugin_packages import PLUGIN_PACKAGES
from flowrun.tasks.scripts.types import SCRIPT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.model.registry import TypeRegistry

ENTRY_POINTS = "flowrun.tasks"

RUNS: dict[str, str] = {
    CORE + "debug.Echo": "flowrun.tasks.debug.echo:Echo",
    CORE + "debug.Return": "flowrun.tasks.debug.return_:Return",
    CORE + "execution.Assert": "flowrun.tasks.execution.assert_:Assert",
    CORE + "execution.Count": "flowrun.tasks.execution.count:Count",
    CORE + "execution.Exit": "flowrun.tasks.execution.exit_:Exit",
    CORE + "execution.Fail": "flowrun.tasks.execution.fail:Fail",
    CORE + "execution.Labels": "flowrun.tasks.execution.labels:Labels",
    CORE + "execution.PurgeExecutions": "flowrun.tasks.execution.purge_executions:PurgeExecutions",
    CORE + "execution.Resume": "flowrun.tasks.execution.resume:Resume",
    CORE + "execution.SetVariables": "flowrun.tasks.execution.set_variables:SetVariables",
    CORE + "execution.UnsetVariables": "flowrun.tasks.execution.unset_variables:UnsetVariables",
    CORE + "flow.AllowFailure": "flowrun.tasks.flow.allow_failure:AllowFailure",
    CORE + "flow.Dag": "flowrun.tasks.flow.dag:Dag",
    CORE + "flow.EachParallel": "flowrun.tasks.flow.each_parallel:EachParallel",
    CORE + "flow.EachSequential": "flowrun.tasks.flow.each_sequential:EachSequential",
    CORE + "flow.ForEach": "flowrun.tasks.flow.for_each:ForEach",
    CORE + "flow.ForEachItem": "flowrun.tasks.flow.for_each_item:ForEachItem",
    CORE + "flow.If": "flowrun.tasks.flow.if_:If",
    CORE + "flow.LoopUntil": "flowrun.tasks.flow.loop_until:LoopUntil",
    CORE + "flow.Parallel": "flowrun.tasks.flow.parallel:Parallel",
    CORE + "flow.Pause": "flowrun.tasks.flow.pause:Pause",
    CORE + "flow.Sequential": "flowrun.tasks.flow.sequential:Sequential",
    CORE + "flow.Sleep": "flowrun.tasks.flow.sleep:Sleep",
    CORE + "flow.Subflow": "flowrun.tasks.flow.subflow:Subflow",
    CORE + "flow.Switch": "flowrun.tasks.flow.switch:Switch",
    CORE + "flow.WorkingDirectory": "flowrun.tasks.flow.working_directory:WorkingDirectory",
    CORE + "http.Download": "flowrun.tasks.http.download:Download",
    CORE + "http.Request": "flowrun.tasks.http.request:Request",
    CORE + "http.SseRequest": "flowrun.tasks.http.sse_request:SseRequest",
    CORE + "kv.Delete": "flowrun.tasks.kv.delete:Delete",
    CORE + "kv.Get": "flowrun.tasks.kv.get:Get",
    CORE + "kv.GetKeys": "flowrun.tasks.kv.get_keys:GetKeys",
    CORE + "kv.PurgeKV": "flowrun.tasks.kv.purge_kv:PurgeKV",
    CORE + "kv.Put": "flowrun.tasks.kv.put:Put",
    CORE + "kv.Set": "flowrun.tasks.kv.set_:Set",
    CORE + "log.Fetch": "flowrun.tasks.log.fetch:Fetch",
    CORE + "log.Log": "flowrun.tasks.log.log:Log",
    CORE + "log.PurgeLogs": "flowrun.tasks.log.purge_logs:PurgeLogs",
    CORE + "metric.Publish": "flowrun.tasks.metric.publish:Publish",
    CORE + "namespace.DeleteFiles": "flowrun.tasks.namespace.delete_files:DeleteFiles",
    CORE + "namespace.DownloadFiles": "flowrun.tasks.namespace.download_files:DownloadFiles",
    CORE + "namespace.PurgeFiles": "flowrun.tasks.namespace.purge_files:PurgeFiles",
    CORE + "namespace.UploadFiles": "flowrun.tasks.namespace.upload_files:UploadFiles",
    CORE + "output.OutputValues": "flowrun.tasks.output.output_values:OutputValues",
    CORE + "state.Delete": "flowrun.tasks.state.delete:Delete",
    CORE + "state.Get": "flowrun.tasks.state.get:Get",
    CORE + "state.Set": "flowrun.tasks.state.set_:Set",
    CORE + "storage.Concat": "flowrun.tasks.storage.concat:Concat",
    CORE + "storage.DeduplicateItems": "flowrun.tasks.storage.deduplicate_items:DeduplicateItems",
    CORE + "storage.Delete": "flowrun.tasks.storage.delete:Delete",
    CORE + "storage.FilterItems": "flowrun.tasks.storage.filter_items:FilterItems",
    CORE + "storage.LocalFiles": "flowrun.tasks.storage.local_files:LocalFiles",
    CORE
    + "storage.PurgeCurrentExecutionFiles": "flowrun.tasks.storage.purge_current_execution_files:PurgeCurrentExecutionFiles",
    CORE + "storage.PurgeStorage": "flowrun.tasks.storage.purge_storage:PurgeStorage",
    CORE + "storage.Reverse": "flowrun.tasks.storage.reverse:Reverse",
    CORE + "storage.Size": "flowrun.tasks.storage.size:Size",
    CORE + "storage.Split": "flowrun.tasks.storage.split:Split",
    CORE + "storage.Write": "flowrun.tasks.storage.write:Write",
    CORE + "templating.TemplatedTask": "flowrun.tasks.templating.templated_task:TemplatedTask",
    CORE + "trigger.Toggle": "flowrun.tasks.trigger.toggle:Toggle",
    **SCRIPT_TYPES,
}
DECLARED: dict[TypeKind, dict[str, str]] = {
    TypeKind.TASK: {CORE + "flow.Template": "flowrun.tasks.flow.template:Template"},
    TypeKind.TRIGGER: {
        CORE + "http.Trigger": "flowrun.triggers.http:HttpTrigger",
        CORE + "trigger.Flow": "flowrun.triggers.flow:FlowTrigger",
        CORE + "trigger.Schedule": "flowrun.triggers.schedule:Schedule",
        CORE + "trigger.ScheduleOnDates": "flowrun.triggers.schedule_on_dates:ScheduleOnDates",
        CORE + "trigger.Webhook": "flowrun.triggers.webhook:Webhook",
    },
    TypeKind.CONDITION: {
        f"{CORE}condition.{name}": f"flowrun.triggers.conditions:{name}"
        for name in (*CONDITIONS, *UNCHANGED_CONDITIONS)
    },
}


class Registry:
    """The types of flowrun and of Kestra. Answers `model.registry.TypeRegistry`.

    `declared`: types of the user's own; one that ends with a point is a package of them.
    """

    def __init__(self, declared: Sequence[str] = ()) -> None:
        self.packages = (*PLUGIN_PACKAGES, *(one for one in declared if one.endswith(".")))
        self.single = frozenset(declared)

    def canonical(self, name: str) -> str:
        """The present name of a type; a name that is no alias stays as it is."""
        return ALIASES.get(name, name)

    def standing(self, name: str, kind: TypeKind) -> Standing:
        """What is known of a type, by its present or an old name. Imports nothing."""
        name = self.canonical(name)
        if kind is TypeKind.TASK and name in RUNS:
            return Standing.RUNS
        if name in DECLARED[kind]:
            return Standing.DECLARED
        if name.startswith(CORE):
            return Standing.UNKNOWN
        if kind is TypeKind.TASK and name in installed():
            return Standing.RUNS
        own = name in self.single or name.startswith(self.packages)
        return Standing.PLUGIN if own else Standing.UNKNOWN

    def find(self, name: str, kind: TypeKind) -> type | None:
        """The class of a type; None unless it RUNS or is DECLARED."""
        name = self.canonical(name)
        target = DECLARED[kind].get(name) or (RUNS.get(name) if kind is TypeKind.TASK else None)
        if target is None and kind is TypeKind.TASK and not name.startswith(CORE):
            target = installed().get(name)
        return imported(target) if target else None

    def names(self, kind: TypeKind) -> Sequence[str]:
        """All present names, for suggestions."""
        runs = {**RUNS, **installed()} if kind is TypeKind.TASK else {}
        return sorted({*runs, *DECLARED[kind]})


@cache
def imported(target: str) -> type:
    """The class that `module:Class` names."""
    module, _, name = target.partition(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, type)
    return found


@cache
def installed() -> Mapping[str, str]:
    """Types of other installed packages, by name."""
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}


def registry_with(declared: Sequence[str]) -> TypeRegistry:
    """The registry, with types of the user's own."""
    return Registry(declared) if declared else REGISTRY


REGISTRY: TypeRegistry = Registry()
