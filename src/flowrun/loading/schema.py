"""The JSON Schema (2020-12) of a flow file, made from the same declarations that flows are read with.

A schema can say less than the loader: ids that must differ, templates, what plugin defaults fill in. What it says is
never stricter, so that an editor marks nothing that a server accepts. An object with a `type` is described by one
`if … then` for each type: an editor then tells of the one that stands there, not of all of them.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from inspect import getdoc
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from flowrun.loading.plan import camel_case
from flowrun.model.flow import Flow
from flowrun.model.inputs import INPUT_TYPES, Input
from flowrun.model.properties import (
    Alias,
    AtLeast,
    ByType,
    Deprecated,
    Dynamic,
    GivenLabels,
    Labels,
    Length,
    Matches,
    NotEmpty,
)
from flowrun.model.registry import TypeKind
from flowrun.model.retry import RETRY_TYPES, Retry
from flowrun.model.task import Task
from flowrun.model.trigger import Condition, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowrun.model.registry import TypeRegistry

Schema = dict[str, Any]

SCALAR = ["string", "number", "boolean"]
"""Text, as the server reads it: numbers and booleans are printed."""
SIMPLE: dict[Any, Schema] = {
    str: {"type": SCALAR},
    bool: {
        "anyOf": [{"type": ["boolean", "integer"]}, {"enum": ["true", "false", "True", "False", "TRUE", "FALSE", ""]}]
    },
    int: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?\d*\s*$"}]},
    float: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[-+\d.eE\s]+$"}]},
    timedelta: {"type": ["string", "number"], "pattern": r"^\s*([-+]?[Pp].*|[-+\d.]*)\s*$"},
}


def labels(value: Schema) -> Schema:
    """Labels in either spelling, with values like this one."""
    listed = {"type": "object", "properties": {"value": value}, "required": ["key", "value"]}
    return {"anyOf": [{"type": "object", "additionalProperties": value}, {"type": "array", "items": listed}]}


LABELS: dict[type, Schema] = {
    Labels: labels({"type": SCALAR, "minLength": 1}),
    GivenLabels: labels({"type": [*SCALAR, "null"]}),
}
KINDS: tuple[tuple[type, TypeKind], ...] = (
    (Task, TypeKind.TASK),
    (Trigger, TypeKind.TRIGGER),
    (Condition, TypeKind.CONDITION),
)
OWN_CODE = r"^(?!io\.kestra\.(plugin\.)?core\.).+"
"""Types that may exist although nobody here knows them; those of Kestra itself are all known."""
TASKS_WITHIN = ("tasks", "then", "else", "defaults", "errors", "finally", "afterExecution")


def flow_schema(registry: TypeRegistry, aliases: Mapping[str, str]) -> Schema:
    """The whole schema; `aliases`: old names of types, each with its present one."""
    return Writer(registry, aliases).flow()


class Writer:
    """Collects definitions: each class is described once, where it is first met."""

    def __init__(self, registry: TypeRegistry, aliases: Mapping[str, str]) -> None:
        self.registry = registry
        self.old_names: dict[str, list[str]] = {}
        for old, name in aliases.items():
            self.old_names.setdefault(name, []).append(old)
        self.definitions: dict[str, Schema] = {}

    def flow(self) -> Schema:
        """The flow itself. Properties that are required of a task may come from plugin defaults, where there are any."""
        found = self.object_of(Flow)
        lists = {
            key: {"type": "array", "items": {"$ref": "#/$defs/complete"}} for key in ("tasks", "errors", "finally")
        }
        self.definitions["complete"] = self.complete()
        triggers = {"triggers": {"type": "array", "items": {"$ref": "#/$defs/complete"}}}
        without_defaults = {"not": {"anyOf": [{"required": ["pluginDefaults"]}, {"required": ["taskDefaults"]}]}}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Kestra flow",
            **found,
            "required": ["id", "namespace", "tasks"],
            "if": without_defaults,
            "then": {"properties": {**nullable_all(lists), **nullable_all(triggers)}},
            "$defs": dict(sorted(self.definitions.items())),
        }

    def complete(self) -> Schema:
        """What each type of task or trigger must have, at every depth."""
        rules = []
        for kind in (TypeKind.TASK, TypeKind.TRIGGER):
            for name in self.registry.names(kind):
                cls = self.registry.find(name, kind)
                needed = [] if cls is None else required(cls)
                if needed:
                    rules.append({"if": self.has_type(name), "then": {"required": needed}})
        deeper: Schema = {"$ref": "#/$defs/complete"}
        within: Schema = {key: {"items": deeper} for key in TASKS_WITHIN}
        within["cases"] = {"additionalProperties": {"items": deeper}}
        within["task"] = within["onPause"] = deeper
        return {"type": "object", "properties": within, "allOf": rules}

    # --- objects

    def object_of(self, cls: type, *, strict: bool = True) -> Schema:
        """A dataclass as an object. `strict`: it has no other properties than these."""
        hints = typing.get_type_hints(cls, include_extras=True)
        properties: dict[str, Schema] = {}
        for each in fields(cls):
            hint = hints[each.name]
            marks = getattr(hint, "__metadata__", ())
            described = self.property_of(hint, marks, each.default)
            properties[camel_case(each.name)] = described
            for mark in marks:
                for name in mark.names if isinstance(mark, Alias) else ():
                    properties[name] = {**described, "deprecated": True}
        found: Schema = {"type": "object", "properties": properties}
        if text := description(cls):
            found["description"] = text
        return found | ({"additionalProperties": False} if strict else {})

    def property_of(self, hint: Any, marks: Iterable[Any], default: Any) -> Schema:
        """A property: its type with its rules, what it is when it is absent, and what became of it."""
        found = nullable(self.of(hint))
        if isinstance(default, bool | int | float | str) and not isinstance(default, Enum):
            found["default"] = default
        for mark in marks:
            if isinstance(mark, Deprecated):
                found |= {"deprecated": True, "description": f"Deprecated: {mark.advice}."}
        return found

    # --- types

    def of(self, hint: Any) -> Schema:
        """What may stand for a value of this type."""
        origin = get_origin(hint)
        if origin is Annotated:
            return self.annotated(hint.__origin__, hint.__metadata__)
        if origin in (typing.Union, types.UnionType):
            members = [self.of(one) for one in get_args(hint) if one is not type(None)]
            return members[0] if len(members) == 1 else {"anyOf": members}
        if origin is list:
            return {"type": "array", "items": self.of(get_args(hint)[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": nullable(self.of(get_args(hint)[1]))}
        return self.simple(hint)

    def annotated(self, hint: Any, marks: tuple[Any, ...]) -> Schema:
        """A type with marks: other readings first, then rules."""
        if any(isinstance(mark, Dynamic) for mark in marks):
            return examples(hint)  # any value at all may become the right one when it is rendered
        for mark in marks:
            if type(mark) in LABELS:
                return dict(LABELS[type(mark)])
            if isinstance(mark, ByType):
                return self.variants(mark.base, mark.classes)
        found = dict(self.of(hint))
        for mark in marks:
            found |= rule(mark, found)
        return found

    def simple(self, hint: Any) -> Schema:
        """A type without parameters."""
        if hint in SIMPLE:
            return dict(SIMPLE[hint])
        if not isinstance(hint, type):
            return {}
        if issubclass(hint, Enum):
            return {"enum": [one.value for one in hint]}
        for base, kind in KINDS:
            if issubclass(hint, base):
                return self.typed(base, kind)
        if issubclass(hint, Input):
            return self.variants(Input, INPUT_TYPES)
        if issubclass(hint, Retry):
            return self.variants(Retry, RETRY_TYPES)
        return self.reference(hint.__qualname__, lambda: self.part(hint)) if is_dataclass(hint) else {}

    def part(self, cls: type) -> Schema:
        """An object without a type. What is required in one inside of a task may come from plugin defaults."""
        needed = required(cls) if cls.__module__ == Flow.__module__ else []
        return self.object_of(cls) | ({"required": needed} if needed else {})

    def typed(self, base: type, kind: TypeKind) -> Schema:
        """A task, trigger or condition: what all have, and the properties of its type."""

        def make() -> Schema:
            names = list(self.registry.names(kind))
            old = sorted(one for name in names for one in self.old_names.get(name, ()))
            common = self.object_of(base, strict=False)
            known = {"anyOf": [{"enum": names}, {"enum": old, "deprecated": True}, {"pattern": OWN_CODE}]}
            common["properties"]["type"] = {"type": "string", **known}
            common["required"] = ["id", "type"] if "id" in common["properties"] else ["type"]
            common["allOf"] = [
                {"if": self.has_type(name), "then": self.reference(name, partial(self.object_of, cls))}
                for name in names
                if (cls := self.registry.find(name, kind)) is not None
            ]
            return common

        return self.reference(kind.value, make)

    def has_type(self, name: str) -> Schema:
        """Whether an object is of this type, by its present or an old name."""
        names = [name, *self.old_names.get(name, ())]
        return {"properties": {"type": {"enum": names}}, "required": ["type"]}

    def variants(self, base: type, classes: Mapping[str, type]) -> Schema:
        """An object whose `type` picks one of our classes."""

        def make() -> Schema:
            common = self.object_of(base, strict=False)
            common["properties"]["type"] = {"enum": list(classes)}
            common["required"] = ["type"]
            common["allOf"] = [
                {
                    "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                    "then": {**self.object_of(cls), "required": [one for one in required(cls) if one != "id"]},
                }
                for name, cls in classes.items()
            ]
            return common

        return self.reference(base.__name__, make)

    def reference(self, name: str, make: typing.Callable[[], Schema]) -> Schema:
        """A reference to a definition, which is made the first time; it may refer to itself."""
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = make()
        return {"$ref": f"#/$defs/{name}"}


def required(cls: type) -> list[str]:
    """The properties that an object must have."""
    return [camel_case(one.name) for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING]


def examples(hint: Any) -> Schema:
    """What an editor may offer for a property that takes templates, too."""
    members = get_args(hint) or (hint,)
    enum = next((one for one in members if isinstance(one, type) and issubclass(one, Enum)), None)
    if enum is not None:
        return {"examples": [one.value for one in enum]}
    return {"examples": [True, False]} if bool in members else {}


def rule(mark: Any, schema: Schema) -> Schema:
    """A rule of a property of this type, in the words of JSON Schema."""
    match mark:
        case Matches():
            return {"pattern": f"^(?:{mark.pattern.removeprefix('^')})$"}
        case Length():
            return {"minLength": mark.minimum, "maxLength": mark.maximum}
        case AtLeast():
            return {"minimum": mark.minimum}
        case NotEmpty():
            return {{"array": "minItems", "object": "minProperties"}.get(str(schema.get("type")), "minLength"): 1}
    return {}


def nullable(schema: Schema) -> Schema:
    """The same, or nothing: the server takes `~` for absent."""
    kinds = schema.get("type")
    if kinds is not None:
        return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else {}


def nullable_all(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """`nullable` for each."""
    return {key: nullable(schema) for key, schema in schemas.items()}


def description(cls: type) -> str:
    """The first sentence or so that a class says of itself."""
    return (getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
