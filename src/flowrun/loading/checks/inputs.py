"""Inputs: what their properties must agree on, and what they say about each other (flow reference, chapter 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowrun.diagnostics import did_you_mean
from flowrun.errors import TemplateError
from flowrun.loading.checks.cycles import cycle_through, tied
from flowrun.loading.messages import invalid_flow, unreadable, violation
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, find, is_null, text_of
from flowrun.model.inputs import (
    ArrayInput,
    DateInput,
    DependsOn,
    FileInput,
    FormInput,
    Input,
    MultiselectInput,
    StringInput,
    ValueType,
)
from flowrun.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic, Span
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked
    from flowrun.loading.tree import Node

FILE_DEFAULT = (
    "inputs of type 'FILE' only support `defaults` as local files using a file URI "
    "or as namespace files using a nsfile URI"
)
NOT_NOW = "inputs of type 'FILE' only support `defaults` with expression that can be rendered immediately"
DEFAULT_WINS = "Inputs with a default value must be required, since the default is always applied."
NO_PREFILL = "Inputs with a default value cannot also have a prefill."
FORM_DEFAULT = "A FORM input groups other inputs and cannot declare a default value or a prefill."
ONE_LEVEL = "A FORM input cannot contain another FORM input; grouping is limited to a single level."

NO_ITEMS = (ValueType.ENUM, ValueType.SELECT, ValueType.MULTISELECT, ValueType.SECRET, ValueType.ARRAY)
"""What the items of a list cannot be."""


def check(checked: Checked) -> Iterator[Diagnostic]:
    """Every rule of this module."""
    inputs = [each for each in checked.objects if issubclass(each.cls, Input)]
    for each in inputs:
        yield from alone(each)
    of_flow = [each for each in inputs if each.path.startswith("inputs[")]
    of_flow.sort(key=lambda each: each.node.place)
    yield from paths(of_flow)
    yield from dependencies(of_flow, checked)


def alone(each: Built) -> Iterator[Diagnostic]:
    """Rules of one input."""
    yield from defaults(each)
    if each.cls in (ArrayInput, MultiselectInput) and (item_type := each.get("item_type")) in NO_ITEMS:
        message = f"the items of an {each.get('type')} cannot be of type {item_type}"
        yield violation("item-type", message, each.span_of("itemType"), each.path, f"`itemType` cannot be {item_type}")
    yield from limits(each)
    yield from allowed_values(each)
    if each.cls is FormInput:
        for child in each.get("inputs") or ():
            if isinstance(child, FormInput):
                message = "a FORM cannot hold another FORM"
                yield violation("form-in-form", message, each.span_of("inputs"), each.path, ONE_LEVEL)
    if issubclass(each.cls, StringInput) and isinstance(pattern := each.get("validator"), str) and is_bad(pattern):
        path = child_path(each.path, "validator")
        message = f"`{pattern}` is no regular expression"
        yield violation("bad-pattern", message, each.span_of("validator"), path, f"invalid pattern [{pattern}]")


def allowed_values(each: Built) -> Iterator[Diagnostic]:
    """The server takes each of the values for a regular expression, too."""
    for name in ("values", "options"):
        listed = each.node.get(name)
        for number, node in enumerate(listed.items if isinstance(listed, Sequence) else ()):
            text = text_of(node)
            if text is not None and is_bad(text):
                message = f"`{text}` is no regular expression, which the server takes values for"
                path, kestra = f"{each.path}.{name}[{number}]", f"invalid pattern [{text}]"
                yield violation("bad-pattern", message, node.span, path, kestra, at=f"{path}.<list element>")


def defaults(each: Built) -> Iterator[Diagnostic]:
    """What goes with a default, and what may be one."""
    default, prefill = each.node.get("defaults"), each.node.get("prefill")
    if each.cls is FormInput:
        if default is not None or prefill is not None:
            name = "defaults" if default is not None else "prefill"
            message = f"a FORM has no `{name}`: its inputs have"
            yield violation("form-default", message, each.span_of(name), each.path, FORM_DEFAULT)
        return
    first = each.get("auto_select_first") is True
    if (default is not None or first) and each.get("required") is False:
        message = "an input with a default cannot be optional: the default is always used"
        hint = "leave out `required: false`, or " + ("`autoSelectFirst`" if default is None else "the default")
        yield violation("optional-default", message, each.span_of("required"), each.path, DEFAULT_WINS, hint=hint)
    elif default is not None and prefill is not None:
        message = "an input with a default cannot have a prefill: the default is always used"
        yield violation("default-and-prefill", message, each.span_of("prefill"), each.path, NO_PREFILL)
    if each.cls is FileInput and default is not None and (kestra := file_default_problem(default)):
        message = "the default of a FILE is a `file:///` or an `nsfile:///` address, without what only a run knows"
        yield violation("file-default", message, default.span, each.path, kestra)


def file_default_problem(default: Node) -> str | None:
    """Why the server refuses the default of a FILE; None when it takes it."""
    text = default.text or "" if isinstance(default, Scalar) else None
    if text is None:
        return NOT_NOW
    try:
        text = render(text, {})
    except TemplateError:
        return NOT_NOW
    if not text.startswith(("file:", "nsfile:")):
        return FILE_DEFAULT
    return NOT_NOW if text in ("file:", "nsfile:") else None


MOMENTS = {
    "DATE": ("a date such as `2024-05-01`", "java.time.LocalDate"),
    "TIME": ("a time such as `09:30:00`", "java.time.LocalTime"),
    "DATETIME": ("a date and time such as `2024-05-01T09:30:00Z`", "java.time.Instant"),
}


def limits(each: Built) -> Iterator[Diagnostic]:
    """`after` and `before` are written as the type itself."""
    if each.cls is not DateInput or each.get("type") not in MOMENTS:
        return
    from flowrun.engine.input_values import Unparsable, parse_limit

    wanted, java = MOMENTS[each.get("type")]
    for name in ("after", "before"):
        text = each.get(name)
        try:
            if isinstance(text, str):
                parse_limit(each.get("type"), text)
        except Unparsable:
            kestra = f'Cannot deserialize value of type `{java}` from String "{text}"'
            message = f"`{name}` must be {wanted}, not `{text}`"
            yield unreadable("wrong-type", message, each.span_of(name), child_path(each.path, name), kestra)


JAVA_ONLY = re.compile(r"\\[pPhHVRXQE]|&&|\[[^\]]*\[|\(\?[dxUu]*\)|\\k<|\\x\{|\\[0zGN]")
"""What Java's regular expressions have and Python's have not: nothing that contains it is called wrong here."""


def is_bad(pattern: str) -> bool:
    """Whether a text is surely no regular expression for the server."""
    if JAVA_ONLY.search(pattern):
        return False
    try:
        re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except (re.error, RecursionError, OverflowError):
        return True
    return False


def paths(inputs: list[Built]) -> Iterator[Diagnostic]:
    """Ids, those of a FORM's children with its own in front, must differ, and none may lie below another."""
    names = {id(each): name for each in inputs if (name := full_id(each, inputs))}
    seen: dict[str, Built] = {}
    for each in inputs:
        name = names.get(id(each))
        if name is None:
            continue
        place = (each.span_of("id", "name"), child_path(each.path, "id"))
        if name in seen:
            message = f"the input id `{name}` is used twice (first in line {seen[name].span_of('id', 'name').line})"
            in_form = any(one.get("id") != name for one in (each, seen[name]))
            kestra = f"Duplicate input path [{name}]" if in_form else f"Duplicate input with name [{name}]"
            yield invalid_flow("duplicate-id", message, *place, kestra)
        for other in nested_in(name, each, seen):
            short, long = sorted((name, other), key=len)
            kestra = f"Input path '{short}' conflicts with '{long}'; one cannot be nested under the other."
            message = f"the inputs `{short}` and `{long}` exclude each other: a dot means nesting"
            yield invalid_flow("input-path", message, *place, kestra)
        seen.setdefault(name, each)


def nested_in(name: str, each: Built, seen: dict[str, Built]) -> list[str]:
    """The ids that lie above or below this one; a FORM is meant to have inputs below it."""
    plain = {other for other, one in seen.items() if one.cls is not FormInput}
    if each.cls is FormInput or not plain:
        return []
    parts = name.split(".")
    above = [".".join(parts[:number]) for number in range(1, len(parts))]
    return [other for other in above if other in plain] + [other for other in plain if other.startswith(name + ".")]


def full_id(each: Built, inputs: list[Built]) -> str | None:
    """The id with those of the enclosing forms in front; None when one of them has none."""
    own = each.get("id")
    forms = [form for form in inputs if form.cls is FormInput and each.path.startswith(form.path + ".inputs[")]
    parts = [form.get("id") for form in sorted(forms, key=lambda form: len(form.path))] + [own]
    return ".".join(parts) if all(isinstance(part, str) for part in parts) else None


def dependencies(inputs: list[Built], checked: Checked) -> Iterator[Diagnostic]:
    """`dependsOn` names inputs that exist, no FORM among them, and no input waits for itself."""
    known = {name: each for each in inputs if each.cls is not FormInput and (name := full_id(each, inputs))}
    graph = {name: named_in(each) for name, each in known.items()}
    for name, each in known.items():
        for number, other in enumerate(graph[name]):
            if other not in known:
                path = f"{each.path}.dependsOn.inputs[{number}]"
                node = find(checked.root, path)
                span = node.span if node else each.span_of("dependsOn")
                kestra = f"Input with id '{name}' depends on a non-existent input '{other}'."
                message = f"the input `{name}` depends on `{other}`, which does not exist"
                hint = did_you_mean(other, known)
                yield invalid_flow("unknown-input", message, span, path, kestra, hint=hint)
    yield from cycles(graph, known)


def cycles(graph: dict[str, list[str]], known: dict[str, Built]) -> Iterator[Diagnostic]:
    """Each circle of inputs once, at the first of them."""
    reported: set[str] = set()
    for name in tied(graph):
        cycle = cycle_through(name, graph)
        if not cycle or name in reported:
            continue
        each = known[name]
        reported.update(cycle)
        turned = [cycle[number:] + cycle[:number] for number in range(len(cycle))]
        kestra = ", ".join(
            f"Cycle dependency detected for input with id '{way[0]}': [{', '.join(way)}]" for way in turned
        )
        message = f"the input `{name}` depends on itself: {' → '.join([*cycle, name])}"
        span = span_of_dependencies(each)
        yield invalid_flow("input-cycle", message, span, child_path(each.path, "dependsOn"), kestra)


def named_in(each: Built) -> list[str]:
    """The ids in `dependsOn.inputs`."""
    depends = each.get("depends_on")
    return [name for name in depends.inputs or () if name] if isinstance(depends, DependsOn) else []


def span_of_dependencies(each: Built) -> Span:
    """The list in `dependsOn`, else `dependsOn` itself."""
    node = each.node.get("dependsOn")
    listed = node.get("inputs") if isinstance(node, Mapping) else None
    if isinstance(listed, Sequence) and listed.items and not is_null(listed.items[0]):
        return listed.items[0].span
    return each.span_of("dependsOn")
