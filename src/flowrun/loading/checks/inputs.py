"""Inputs: what their properties must agree on, and what they say about each other (flow reference, chapter 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowrun.diagnostics import did_you_mean
from flowrun.loading.checks.cycles import cycle_through, tied
from flowrun.loading.messages import invalid_flow, unreadable, violation
from flowrun.loading.tree import Mapping, Scalar, Sequence, child_path, find, is_null
from flowrun.model.inputs import ArrayInput, DateInput, DependsOn, FileInput, FormInput, Input, StringInput, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrun.diagnostics import Diagnostic, Span
    from flowrun.loading.build import Built
    from flowrun.loading.checks import Checked

FILE_DEFAULT = (
    "inputs of type 'FILE' only support `defaults` as local files using a file URI "
    "or as namespace files using a nsfile URI"
)
DEFAULT_WINS = "Inputs with a default value must be required, since the default is always applied."


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
    default = each.node.get("defaults")
    if default is not None and each.get("required") is False:
        message = "an input with a default cannot be optional: the default is always used"
        hint = "leave out `required: false`, or the default"
        yield violation("optional-default", message, each.span_of("required"), each.path, DEFAULT_WINS, hint=hint)
    if each.cls is ArrayInput and each.get("item_type") is ValueType.ARRAY:
        message = "the items of an ARRAY cannot be arrays"
        yield violation("array-of-array", message, each.span_of("itemType"), each.path, "`itemType` cannot be ARRAY")
    if each.cls is FileInput and isinstance(default, Scalar) and not is_file_default(default.text or ""):
        message = "the default of a FILE is a `file://` or an `nsfile://` address"
        yield violation("file-default", message, default.span, each.path, FILE_DEFAULT)
    yield from limits(each)
    if issubclass(each.cls, StringInput) and isinstance(pattern := each.get("validator"), str) and is_bad(pattern):
        path = child_path(each.path, "validator")
        message = f"`{pattern}` is no regular expression"
        yield violation("bad-pattern", message, each.span_of("validator"), path, f"invalid pattern [{pattern}]")


def is_file_default(text: str) -> bool:
    """Whether a text may be the default of a FILE input; an expression is judged when it is rendered."""
    return text.startswith(("file:", "nsfile:")) or "{{" in text


DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
MOMENTS = {
    "DATE": (DAY, "a date such as `2024-05-01`", "java.time.LocalDate"),
    "TIME": (CLOCK, "a time such as `09:30:00`", "java.time.LocalTime"),
    "DATETIME": (
        rf"{DAY}T{CLOCK}(?:Z|[+-]\d\d(?::?\d\d)?)",
        "a date and time such as `2024-05-01T09:30:00Z`",
        "java.time.Instant",
    ),
}


def limits(each: Built) -> Iterator[Diagnostic]:
    """`after` and `before` are written as the type itself."""
    if each.cls is not DateInput or each.get("type") not in MOMENTS:
        return
    pattern, wanted, java = MOMENTS[each.get("type")]
    for name in ("after", "before"):
        text = each.get(name)
        if isinstance(text, str) and not re.fullmatch(pattern, text):
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
            yield invalid_flow("duplicate-id", message, *place, f"Duplicate input with name [{name}]")
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
    """`dependsOn` names inputs that exist, and no input waits for itself."""
    known = {name: each for each in inputs if (name := full_id(each, inputs))}
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
