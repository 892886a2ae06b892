"""Calls of other flows, where those are known: several files are checked at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity, did_you_mean
from flowrun.loading.messages import warning
from flowrun.loading.signature import CALLS, called
from flowrun.loading.tree import Mapping, child_path, text_of
from flowrun.model.flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked
    from flowrun.loading.signature import FlowName, Signature


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every call of a flow by its plain name."""
    if checked.flows is None:
        return
    flow = next(one for one in checked.objects if one.cls is Flow)
    own = (text_of(flow.node.get("namespace")) or "", text_of(flow.node.get("id")) or "")
    for each in checked.objects:
        if each.type not in CALLS:
            continue
        name = called(each.node)
        if not all(name) or any("{" in part for part in name):
            continue
        target = checked.flows.get(name)
        yield from missing(each, name, checked.flows) if target is None else mismatches(each, target)
        if target is not None and name != own:
            yield from recursion(each, own, name, checked.flows)


def missing(each: Built, name: FlowName, flows: dict[FlowName, Signature]) -> Iterator[Diagnostic]:
    """No file has the flow. It may be on the server all the same."""
    near = did_you_mean(".".join(name), [".".join(one) for one in flows])
    message = f"no file that is checked here has the flow `{'.'.join(name)}`"
    yield warning("unknown-subflow", message, each.span_of("flowId"), child_path(each.path, "flowId"), hint=near)


def mismatches(each: Built, target: Signature) -> Iterator[Diagnostic]:
    """Inputs that the flow needs and does not get, or gets and does not know."""
    name = ".".join(target.name)
    if target.disabled:
        message = f"the flow `{name}` is disabled: the call fails"
        path = child_path(each.path, "flowId")
        yield Diagnostic("disabled-subflow", Severity.ERROR, message, each.span_of("flowId"), path)
    given = each.node.get("inputs")
    if given is not None and not isinstance(given, Mapping):
        return
    entries = given.entries if given is not None else {}
    path = child_path(each.path, "inputs")
    for key, entry in entries.items():
        if key not in target.inputs and "{" not in key:
            message = f"the flow `{name}` declares no input `{key}`: it is dropped"
            hint = did_you_mean(key, target.inputs)
            yield warning("subflow-input", message, entry.key_span, child_path(path, key), hint=hint)
    computed = any("{" in key for key in entries)
    for key, needed in target.inputs.items():
        if needed and key not in entries and not computed:
            message = f"the flow `{name}` needs the input `{key}`: the call fails"
            span = each.entry("inputs", "flowId")
            place = span.key_span if span else each.span_of("id")
            yield Diagnostic("subflow-input", Severity.ERROR, message, place, path)


def recursion(each: Built, own: FlowName, name: FlowName, flows: dict[FlowName, Signature]) -> Iterator[Diagnostic]:
    """A call that leads back to this flow."""
    graph = {".".join(one.name): [".".join(call) for call in one.calls] for one in flows.values()}
    way = path_between(".".join(name), ".".join(own), graph)
    if way:
        shown = " → ".join([".".join(own), *way])
        message = f"this call leads back to the same flow: {shown}"
        yield warning("subflow-cycle", message, each.span_of("flowId"), child_path(each.path, "flowId"))


def path_between(start: str, end: str, graph: dict[str, list[str]]) -> list[str] | None:
    """The shortest way from one flow to another, both included; None when there is none."""
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for other in graph.get(way[-1], ()):
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None
