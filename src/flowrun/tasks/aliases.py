"""Old type names and what they are called now (flow reference, chapter 12)."""

from __future__ import annotations

CORE = "io.kestra.plugin.core."

FLOWABLES = (
    "AllowFailure",
    "Dag",
    "EachParallel",
    "EachSequential",
    "ForEachItem",
    "If",
    "Parallel",
    "Pause",
    "Sequential",
    "Subflow",
    "Switch",
    "Template",
    "WorkingDirectory",
)
STORAGES = ("Concat", "DeduplicateItems", "Delete", "FilterItems", "LocalFiles", "Reverse", "Size", "Split")
CONDITIONS = (
    "DateTimeBetween",
    "DayWeek",
    "DayWeekInMonth",
    "ExecutionFlow",
    "ExecutionLabels",
    "ExecutionNamespace",
    "ExecutionOutputs",
    "ExecutionStatus",
    "Expression",
    "HasRetryAttempt",
    "Not",
    "Or",
    "PublicHoliday",
    "TimeBetween",
    "Weekend",
)
OLD_CONDITION_PACKAGES = ("io.kestra.core.models.conditions.types.", CORE + "condition.")
UNCHANGED_CONDITIONS = ("FlowCondition", "FlowNamespaceCondition", "MultipleCondition")

ALIASES: dict[str, str] = {
    "io.kestra.core.tasks.debugs.Echo": CORE + "debug.Echo",
    "io.kestra.core.tasks.debugs.Return": CORE + "debug.Return",
    "io.kestra.core.tasks.log.Log": CORE + "log.Log",
    "io.kestra.core.tasks.log.Fetch": CORE + "log.Fetch",
    "io.kestra.core.tasks.executions.Counts": CORE + "execution.Count",
    "io.kestra.core.tasks.executions.Fail": CORE + "execution.Fail",
    "io.kestra.core.tasks.executions.Labels": CORE + "execution.Labels",
    "io.kestra.core.tasks.storages.Purge": CORE + "execution.PurgeExecutions",
    CORE + "storage.Purge": CORE + "execution.PurgeExecutions",
    **{f"io.kestra.core.tasks.flows.{name}": f"{CORE}flow.{name}" for name in FLOWABLES},
    "io.kestra.core.tasks.flows.Flow": CORE + "flow.Subflow",
    "io.kestra.core.tasks.flows.Worker": CORE + "flow.WorkingDirectory",
    CORE + "flow.WaitFor": CORE + "flow.LoopUntil",
    **{f"io.kestra.core.tasks.states.{name}": f"{CORE}state.{name}" for name in ("Get", "Set", "Delete")},
    **{f"io.kestra.core.tasks.storages.{name}": f"{CORE}storage.{name}" for name in STORAGES},
    "io.kestra.core.tasks.storages.PurgeExecution": CORE + "storage.PurgeCurrentExecutionFiles",
    CORE + "storage.PurgeExecution": CORE + "storage.PurgeCurrentExecutionFiles",
    "io.kestra.core.tasks.templating.TemplatedTask": CORE + "templating.TemplatedTask",
    "io.kestra.core.tasks.trigger.Toggle": CORE + "trigger.Toggle",
    **{f"io.kestra.plugin.fs.http.{name}": f"{CORE}http.{name}" for name in ("Request", "Download", "Trigger")},
    **{
        f"io.kestra.core.models.triggers.types.{name}": f"{CORE}trigger.{name}"
        for name in ("Flow", "Schedule", "Webhook")
    },
    **{f"{old}{name}Condition": f"{CORE}condition.{name}" for old in OLD_CONDITION_PACKAGES for name in CONDITIONS},
    **{f"{old}VariableCondition": f"{CORE}condition.Expression" for old in OLD_CONDITION_PACKAGES},
    **{f"io.kestra.core.models.conditions.types.{name}": f"{CORE}condition.{name}" for name in UNCHANGED_CONDITIONS},
}
