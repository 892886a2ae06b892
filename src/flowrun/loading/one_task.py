"""A task that stands alone: the YAML that a TemplatedTask renders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrun.errors import TaskFailed
from flowrun.loading.build import Builder
from flowrun.loading.loader import PARSING, refuses
from flowrun.loading.parse import parse
from flowrun.loading.readers import INVALID
from flowrun.loading.tree import Entry, Mapping, Scalar, text_of
from flowrun.model.registry import Standing, TypeKind
from flowrun.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowrun.diagnostics import Diagnostic
    from flowrun.model.registry import TypeRegistry

JACKSON = "com.fasterxml.jackson."
EMPTY = f"{JACKSON}databind.exc.MismatchedInputException: No content to map due to end-of-input"
EXCEPTIONS = {
    "yaml": f"{JACKSON}dataformat.yaml.snakeyaml.error.MarkedYAMLException: ",
    "duplicate-key": f"{JACKSON}core.JsonParseException: ",
    "unknown-field": f"{JACKSON}databind.exc.UnrecognizedPropertyException: ",
}
"""The exceptions that the server names before its sentences, by the codes of ours."""


def load_task(text: str, task_id: str, registry: TypeRegistry) -> Task | None:
    """The task of a text, with this id whatever the text says; None for what is no map. Raises `TaskFailed`.

    As on the server, it is parsed and no more: rules for flow files, plugin defaults among them, are not for it.
    """
    parsed = parse(text)
    refuse(parsed.diagnostics)
    root = parsed.root
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise TaskFailed(EMPTY)
    if not isinstance(root, Mapping):
        return None
    refuse_unknown_type(root, registry)
    root.entries["id"] = Entry("id", root.place, Scalar(task_id, task_id, root.place))
    builder = Builder(registry)
    task: Any = builder.build_typed(TypeKind.TASK, Task, root, "")
    refuse(builder.diagnostics)
    assert task is not INVALID, "what cannot be built was reported"
    assert isinstance(task, Task)
    return task


def refuse_unknown_type(root: Mapping, registry: TypeRegistry) -> None:
    """Raise `TaskFailed` in the words that the server has for a single task."""
    given = root.get("type")
    name = "<null>" if given is None else text_of(given)
    if name is not None and registry.standing(name, TypeKind.TASK) is Standing.UNKNOWN:
        raise TaskFailed(
            f"{JACKSON}databind.exc.InvalidTypeIdException: Could not resolve type id '{name}' as a subtype of "
            f"`io.kestra.core.models.Plugin`: No plugin registered for the defined type: '{name}'"
        )


def refuse(problems: Sequence[Diagnostic]) -> None:
    """Raise `TaskFailed` for the first thing for which the server would refuse the task."""
    for problem in problems:
        if refuses(problem):
            raise TaskFailed(sentence(problem))


def sentence(problem: Diagnostic) -> str:
    """The server's words where its parser finds it, ours for what it would stumble over in the body."""
    if problem.code not in PARSING:
        return problem.message
    words = re.sub(r'^(yaml: YAML parsing error: |[^ ]*\["[^"]*"\]: |[^ ]*: )', "", problem.kestra, count=1)
    return EXCEPTIONS.get(problem.code, "") + words
