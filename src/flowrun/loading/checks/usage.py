"""Inputs and variables that nothing in the flow mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowrun.loading.messages import warning
from flowrun.loading.tree import Mapping, Sequence, scalars, text_of
from flowrun.model.flow import Flow
from flowrun.model.inputs import DependsOn, Input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic
    from flowrun.loading.checks import Checked


def check(checked: Checked) -> Iterator[Diagnostic]:
    """An id that stands in no template counts as unused; when in doubt, it is used."""
    flow = next(one for one in checked.objects if one.cls is Flow)
    inputs = [one for one in checked.objects if issubclass(one.cls, Input) and one.path.startswith("inputs[")]
    variables = flow.node.get("variables")
    if not inputs and not isinstance(variables, Mapping):
        return
    templates = [one.raw for one in scalars(checked.root) if "{{" in one.raw or "{%" in one.raw]
    templates += depended_on(checked)
    text = "\n".join(templates)
    words = set(re.findall(r"[\w-]+", text))
    if not whole("inputs", text):
        for each in inputs:
            name = text_of(each.node.get("id")) or text_of(each.node.get("name")) or ""
            if name and each.get("inputs") is None and name.rpartition(".")[2] not in words:
                message = f"the input `{name}` is not used"
                yield warning("unused-input", message, each.span_of("id", "name"), each.path)
    if isinstance(variables, Mapping) and not whole("vars", text):
        for key, entry in variables.entries.items():
            if key not in words:
                yield warning(
                    "unused-variable", f"the variable `{key}` is not used", entry.key_span, f"variables.{key}"
                )


def depended_on(checked: Checked) -> Iterator[str]:
    """Ids of inputs on which others depend."""
    for each in checked.objects:
        listed = each.node.get("inputs") if each.cls is DependsOn else None
        for item in listed.items if isinstance(listed, Sequence) else ():
            yield text_of(item) or ""


def whole(name: str, text: str) -> bool:
    """Whether a variable is read as a whole, or with a key that is computed; or the whole context is."""
    return bool(re.search(rf"\b{name}\b(?!\s*(?:\.|\[\s*['\"]))|\b(?:print|fetch)Context\b", text))
