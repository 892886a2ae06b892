"""Every template of the flow: can it be parsed, do its functions exist, and what it reads?

The server looks at none of this; such a flow fails when it runs. An error here is sure to fail when the template is
rendered, a warning may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity
from flowrun.errors import TemplateError
from flowrun.loading.checks.expressions.names import names_of
from flowrun.loading.checks.expressions.order import FLOW
from flowrun.loading.checks.expressions.sites import sites
from flowrun.loading.checks.expressions.variables import Finding, Reading
from flowrun.loading.places import span_in_file
from flowrun.model.flow import Output
from flowrun.model.inputs import DependsOn, Input
from flowrun.template import analyse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Span
    from flowrun.loading.checks import Checked
    from flowrun.loading.checks.expressions.names import Names
    from flowrun.loading.checks.expressions.order import Place
    from flowrun.loading.checks.expressions.sites import Site
    from flowrun.template import Problem

CODES = {
    "unknown": "unknown-function",
    "arguments": "wrong-arguments",
    "type": "wrong-operand",
    "comparison": "never-equal",
}
"""For each kind of problem that the language finds."""


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every finding in every template."""
    objects = list(checked.objects)
    found = list(sites(objects))
    if not found:
        return
    names = names_of(objects, checked.flows)
    by_path = {one.built.path: one for one in names.places}
    for site in found:
        yield from check_site(site, names, by_path, checked.text)


def check_site(site: Site, names: Names, by_path: dict[str, Place], text: str) -> Iterator[Diagnostic]:
    """The findings in one template."""
    try:
        analysis = analyse(site.scalar.raw, lambda reference: names.samples(reference.path))
    except TemplateError as problem:
        summary = f"this expression cannot be read: {problem.summary or problem.message}"
        yield place(Finding("expression-syntax", Severity.ERROR, summary, problem.hint), problem.span, site, text)
        return
    for each in analysis.problems:
        certain = each.certain and each.kind != "comparison"
        severity = Severity.ERROR if certain else Severity.WARNING
        yield place(Finding(CODES[each.kind], severity, in_words(each), each.hint), each.span, site, text)
    reading = reading_of(site, names, by_path)
    for reference in analysis.references if reading else ():
        assert reading is not None
        for finding in reading.check(reference):
            yield place(finding, reference.span, site, text)


def in_words(problem: Problem) -> str:
    """The engine's sentence, which begins with a capital and ends with a point, as one of ours."""
    return problem.message.removesuffix(".")


def reading_of(site: Site, names: Names, by_path: dict[str, Place]) -> Reading | None:
    """What is visible to a template; None where that is not known (triggers, conditions, checks)."""
    if site.owner.cls is Output:
        return Reading(names, None)
    if issubclass(site.owner.cls, Input | DependsOn):
        return None
    path = site.owner.path
    while path and path not in by_path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    user = by_path.get(path)
    if user is None:
        return None
    after_children = user.type == FLOW + "LoopUntil" and site.name == "condition"
    return Reading(names, user, after_children, open_ended=not site.certain)


def place(finding: Finding, span: Span | None, site: Site, text: str) -> Diagnostic:
    """A finding in a template at its place in the file. Where a failure is caught or not sure, it is a warning."""
    where = site.scalar.span if span is None else span_in_file(text, site.scalar, span)
    severity = finding.severity if site.certain and not failure_is_caught(site) else Severity.WARNING
    return Diagnostic(finding.code, severity, finding.message, where, site.path, hint=finding.hint)


def failure_is_caught(site: Site) -> bool:
    """An input whose condition fails is left out; an output that is not required is null (flow reference, 2.4, 10.3)."""
    return site.owner.cls is DependsOn or (site.owner.cls is Output and site.owner.get("required") is False)
