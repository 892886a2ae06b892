"""Triggers: cron expressions, time zones, windows and filters (flow reference, chapter 9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity
from flowrun.loading.cron import BadCron, check_cron, never_fires
from flowrun.loading.messages import unreadable, violation, warning
from flowrun.loading.places import span_within
from flowrun.loading.tree import Mapping, Node, Scalar, Sequence, child_path, is_null, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

CORE = "io.kestra.plugin.core.trigger."
MULTIPLE = "io.kestra.plugin.core.condition.MultipleCondition"


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    for each in checked.objects:
        if each.type == CORE + "Schedule":
            yield from cron(each, checked)
            yield from schedule_conditions(each)
        if each.type in (CORE + "Schedule", CORE + "ScheduleOnDates"):
            yield from no_interval(each)
            yield from timezone(each)
        if each.type == CORE + "Webhook":
            yield from webhook(each, checked)
        if each.type == CORE + "Flow":
            yield from flow_trigger(each)


def cron(each: Built, checked: Checked) -> Iterator[Diagnostic]:
    """The expression is one that the server accepts."""
    expression, entry = each.get("cron"), each.entry("cron")
    if not isinstance(expression, str) or entry is None or not isinstance(entry.value, Scalar):
        return
    try:
        check_cron(expression, with_seconds=bool(each.get("with_seconds")))
    except BadCron as problem:
        found = span_within(checked.text, entry.value, problem.offset, problem.offset + 1)
        # A wrong number of fields belongs to the whole text, a wrong value to its place in it.
        span = found if problem.offset else entry.value.span
        hint = None
        if len(expression.split()) == 6:
            hint = "six fields need `withSeconds: true`"
        message = f"`{expression}` is no cron expression: {problem.reason}"
        kestra = f"invalid cron expression '{expression}': {problem.reason}"
        yield violation("bad-cron", message, span, child_path(each.path, "cron"), kestra, at=each.path, hint=hint)
        return
    if never_fires(expression):
        message = f"`{expression}` never fires: none of its months has such a day"
        yield warning("cron-never-fires", message, entry.value.span, child_path(each.path, "cron"))


def no_interval(each: Built) -> Iterator[Diagnostic]:
    """A schedule knows its dates: the interval of triggers that ask again and again is not its own."""
    entry = each.entry("interval")
    if entry is not None and each.get("interval") is not None:
        message = "a schedule has no `interval`"
        path = child_path(each.path, "interval")
        yield violation("no-interval", message, entry.key_span, path, "must be null")


def schedule_conditions(each: Built) -> Iterator[Diagnostic]:
    """The server still knows the property, but can read nothing that stands in it."""
    entry = each.entry("scheduleConditions")
    if entry is not None and isinstance(entry.value, Sequence) and entry.value.items:
        kestra = (
            "Cannot construct instance of `io.kestra.core.models.conditions.ScheduleCondition` (no Creators, like default "
            "constructor, exist): abstract types either need to be mapped to concrete types"
        )
        message = "the server cannot read the items of `scheduleConditions`"
        path = child_path(each.path, "scheduleConditions")
        yield unreadable("wrong-type", message, entry.value.span, path, kestra, hint="write `conditions`")


OFFSET = re.compile(r"Z|(?:UTC|GMT|UT)?[+-](?:0?\d|1[0-8])(?::?[0-5]\d(?::?[0-5]\d)?)?")


def timezone(each: Built) -> Iterator[Diagnostic]:
    """A name of the tz database, or an offset."""
    name = each.get("timezone")
    if isinstance(name, str) and not is_timezone(name):
        path = child_path(each.path, "timezone")
        message = f"there is no time zone `{name}`"
        kestra = f"timezone '({name})' is not a valid time-zone ID"
        hint = "names are those of the tz database, such as `Europe/Paris` or `UTC`"
        yield violation("bad-timezone", message, each.span_of("timezone"), path, kestra, hint=hint)


NO_ZONES = frozenset({"EST", "MST", "HST"})
"""Names of the tz database that Java's `ZoneId.of` does not take."""


def is_timezone(name: str) -> bool:
    """Whether `name` is a zone for Java."""
    from zoneinfo import ZoneInfo

    if OFFSET.fullmatch(name) or name in ("UT", "UTC", "GMT"):
        return True
    if name in NO_ZONES:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no name at all; a folder of the database
        return False
    return True


def webhook(each: Built, checked: Checked) -> Iterator[Diagnostic]:
    """A webhook looks at one call only, and answers with JSON or text."""
    answer = each.entry("responseContentType")
    if answer is not None and each.get("response_content_type") not in (None, "application/json", "text/plain"):
        message = "`responseContentType` is `application/json` or `text/plain`"
        kestra = "invalid webhook: responseContentType must be either 'application/json' or 'text/plain'"
        path = child_path(each.path, "responseContentType")
        yield violation("webhook-answer", message, answer.value.span, path, kestra, at=each.path)
    conditions = each.node.get("conditions")
    for number, node in enumerate(conditions.items if isinstance(conditions, Sequence) else ()):
        name = text_of(node.get("type")) if isinstance(node, Mapping) else None
        if name and checked.registry.canonical(name) == MULTIPLE:
            message = "a Webhook cannot have a MultipleCondition"
            kestra = "invalid webhook: conditions of type MultipleCondition are not supported"
            yield violation(
                "webhook-condition", message, node.span, f"{each.path}.conditions[{number}]", kestra, at=each.path
            )


def flow_trigger(each: Built) -> Iterator[Diagnostic]:
    """It says which executions it waits for, and how they are compared."""
    preconditions = each.node.get("preconditions")
    if preconditions is None and not each.node.get("conditions"):
        message = "without `preconditions` or `conditions` this trigger fires for every execution of every flow"
        yield Diagnostic("fires-for-everything", Severity.WARNING, message, each.span_of("id"), each.path)
    if not isinstance(preconditions, Mapping):
        return
    path = child_path(each.path, "preconditions")
    window = preconditions.get("timeWindow")
    if isinstance(window, Mapping):
        yield from time_window(window, child_path(path, "timeWindow"))
    where = preconditions.get("where")
    for number, group in enumerate(where.items if isinstance(where, Sequence) else ()):
        filters = group.get("filters") if isinstance(group, Mapping) else None
        for place, node in enumerate(filters.items if isinstance(filters, Sequence) else ()):
            yield from filter_values(node, f"{path}.where[{number}].filters[{place}]")


WORDS = {
    "deadline": "a deadline",
    "window": "a window",
    "windowAdvance": "a window advance",
    "startTime": "a start time",
    "endTime": "an end time",
}
NEEDS = {
    "DAILY_TIME_DEADLINE": ("deadline",),
    "DAILY_TIME_WINDOW": ("startTime", "endTime"),
    "DURATION_WINDOW": (),
    "SLIDING_WINDOW": ("window",),
}
MAY_HAVE = {**NEEDS, "DURATION_WINDOW": ("window", "windowAdvance")}


def time_window(window: Mapping, path: str) -> Iterator[Diagnostic]:
    """Each type of window has its own properties."""
    kind = text_of(window.get("type")) or "DURATION_WINDOW"
    if kind not in NEEDS:
        return
    for name in NEEDS[kind]:
        if window.get(name) is None:
            message = f"a window of type {kind} needs `{name}`"
            kestra = f"Time window of type `{kind}` must have {WORDS[name]}."
            yield violation("time-window", message, window.span, path, kestra)
    for name, words in WORDS.items():
        entry = window.entries.get(name)
        if entry and not is_null(entry.value) and name not in MAY_HAVE[kind]:
            message = f"a window of type {kind} cannot have `{name}`"
            kestra = f"Time window of type `{kind}` cannot have {words}."
            yield violation("time-window", message, entry.key_span, child_path(path, name), kestra, at=path)


ONE_VALUE = ("EQUAL_TO", "NOT_EQUAL_TO", "STARTS_WITH", "ENDS_WITH", "REGEX", "CONTAINS")
MANY_VALUES = ("IN", "NOT_IN")


def filter_values(node: Node, path: str) -> Iterator[Diagnostic]:
    """Some comparisons need `value`, some `values`."""
    if not isinstance(node, Mapping):
        return
    kind = text_of(node.get("type"))
    needed = "value" if kind in ONE_VALUE else "values" if kind in MANY_VALUES else None
    if needed and node.get(needed) is None:
        kestra = f"`{needed}` cannot be null for type {kind}"
        yield violation("filter-value", f"a filter of type {kind} needs `{needed}`", node.span, path, kestra)
