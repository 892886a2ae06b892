"""What a flow declares that templates can name: inputs, variables, tasks, trigger variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flowrun.loading.checks.expressions.order import FLOW, Place, places_of
from flowrun.loading.tree import Mapping, Sequence, text_of
from flowrun.model.flow import Flow
from flowrun.model.inputs import Input
from flowrun.model.task import Task
from flowrun.model.trigger import Trigger

if TYPE_CHECKING:
    from collections.abc import Sequence as Values

    from flowrun.loading.build import Built
    from flowrun.loading.signature import FlowName, Signature
    from flowrun.loading.tree import Node

SUBFLOW_START: Final = frozenset(
    {
        "executionId",
        "namespace",
        "flowId",
        "flowRevision",
        "taskRunId",
        "taskId",
        "taskRunValue",
        "taskRunIteration",
        "taskRunOutputs",
    }
)
"""Behind `trigger` in an execution that a Subflow task started: any flow may be called so."""

TEXTS: Final = ("abc", "", "7", "2024-01-01T00:00:00Z", "[1]", '{"a":1}')
SAMPLES: Final[dict[str, tuple[Any, ...]]] = {
    "STRING": TEXTS,
    "SECRET": TEXTS,
    "SELECT": TEXTS,
    "ENUM": TEXTS,
    "EMAIL": TEXTS,
    "URI": TEXTS,
    "FILE": ("kestra:///a/b",),
    "INT": (5, 0, -3),
    "FLOAT": (2.5, 0.0, -1.0),
    "BOOL": (True, False),
    "BOOLEAN": (True, False),
    "ARRAY": ([], ["a", "b"], [1, 2], [{"a": 1}]),
    "MULTISELECT": ([], ["a", "b"], ["1"]),
}
"""Values that stand for all of an input's type; the other types are read into what cannot be told."""
SAMPLES_BY_JSON: Final[dict[str, tuple[Any, ...]]] = {
    "string": TEXTS,
    "integer": SAMPLES["INT"],
    "number": SAMPLES["FLOAT"],
    "boolean": SAMPLES["BOOL"],
}
"""The same for the types of outputs."""
OUTPUT: Final = ("outputs", "TASK", "FIELD")


@dataclass(slots=True)
class Names:
    """All that templates of a flow can name. `None` for a part that only a run can tell."""

    inputs: dict[tuple[str, ...], Built] = field(default_factory=dict)
    """By the parts of their dotted ids."""
    variables: dict[str, Any] | None = field(default_factory=dict)
    """Nested as declared, a leaf being None; those that a task sets included."""
    places: list[Place] = field(default_factory=list)
    tasks: dict[str, Place] = field(default_factory=dict)
    made_ids: frozenset[str] = frozenset()
    """Ids of task runs that have no task of their own in the file."""
    trigger: frozenset[str] | None = frozenset()
    flows: dict[FlowName, Signature] | None = None
    """The other flows that are checked at the same time."""

    def samples(self, path: Values[str | int | None]) -> Values[Any] | None:
        """Typical values of an input that is always there, or of an output of a known type; None for anything else."""
        if len(path) == len(OUTPUT) and path[0] == "outputs":
            return self.samples_of_output(str(path[1]), str(path[2]))
        if not path or path[0] != "inputs":
            return None
        found = self.inputs.get(tuple(str(step) for step in path[1:]))
        if found is None or found.node.get("dependsOn") is not None or found.get("required") is False:
            return None
        return SAMPLES.get(str(found.get("type") or ""))

    def samples_of_output(self, task: str, name: str) -> Values[Any] | None:
        """Typical values of an output; None where the task is in a loop or its type does not say."""
        place = self.tasks.get(task)
        known = getattr(place.built.cls, "output_fields", None) if place is not None and not place.loops else None
        return SAMPLES_BY_JSON.get((known or {}).get(name, ""))


def names_of(objects: list[Built], flows: dict[FlowName, Signature] | None) -> Names:
    """What a flow declares; `flows` are those that it may call."""
    flow = next(one for one in objects if one.cls is Flow)
    names = Names(inputs=dict(declared_inputs(flow.node.get("inputs"), (), {id(one.node): one for one in objects})))
    names.flows = flows
    names.places = places_of(flow.node, objects)
    names.tasks = {one.id: one for one in reversed(names.places)}
    names.variables = declared_variables(flow.node.get("variables"), objects)
    items = [one.id for one in names.places if one.type == FLOW + "ForEachItem"]
    names.made_ids = frozenset(f"{name}_{part}" for name in items for part in ("split", "items", "merge"))
    names.trigger = trigger_variables([one for one in objects if issubclass(one.cls, Trigger)])
    return names


def declared_inputs(
    node: Node | None, group: tuple[str, ...], by_node: dict[int, Built]
) -> list[tuple[tuple[str, ...], Built]]:
    """Inputs by the parts of their ids; those of a FORM stand behind its id."""
    found = []
    for item in node.items if isinstance(node, Sequence) else ():
        built = by_node.get(id(item))
        if not isinstance(item, Mapping) or built is None or not issubclass(built.cls, Input):
            continue
        name = text_of(item.get("id")) or text_of(item.get("name"))
        if name:
            parts = (*group, *name.split("."))
            found.append((parts, built))
            found += declared_inputs(item.get("inputs"), parts, by_node)
    return found


def declared_variables(node: Node | None, objects: list[Built]) -> dict[str, Any] | None:
    """The flow's variables, and those that its tasks set while it runs."""
    found = nested_keys(node) if isinstance(node, Mapping) else {}
    for one in objects:
        if issubclass(one.cls, Task) and one.type.endswith(".execution.SetVariables"):
            given = one.node.get("variables")
            if not isinstance(given, Mapping):
                return None
            for key in given.entries:
                if "{" in key:
                    return None
                found[key] = None
    return found


def nested_keys(node: Mapping) -> dict[str, Any]:
    """Maps as their keys, everything else as None."""
    return {
        key: nested_keys(entry.value) if isinstance(entry.value, Mapping) else None
        for key, entry in node.entries.items()
    }


def trigger_variables(triggers: list[Built]) -> frozenset[str] | None:
    """What may stand behind `trigger`: of any of the flow's triggers, or of a call as a sub-flow."""
    found = SUBFLOW_START
    for one in triggers:
        known: frozenset[str] | None = getattr(one.cls, "variables", None)
        if known is None:
            return None
        found |= known
    return found
