"""How each dataclass is filled: its fields as properties of the file. Worked out once for a class, on first use."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from flowrun.loading import readers
from flowrun.model.inputs import INPUT_TYPES, Input
from flowrun.model.properties import Alias, ByType, Dynamic, GivenLabels, Labels, NotEmpty
from flowrun.model.registry import TypeKind
from flowrun.model.retry import RETRY_TYPES, Retry
from flowrun.model.task import Task
from flowrun.model.trigger import Condition, Trigger

if TYPE_CHECKING:
    from dataclasses import Field

    from flowrun.loading.readers import Reader


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `field` is its name in the dataclass, `name` the one in the file."""

    name: str
    field: str
    read: Reader
    required: bool
    constraints: tuple[Any, ...]

    @property
    def when_missing(self) -> str:
        """What the server says when a required one is not there."""
        return next((rule.message for rule in self.constraints if isinstance(rule, NotEmpty)), "must not be null")


@dataclass(frozen=True, slots=True)
class Plan:
    """The properties of a class, by name and by alias."""

    cls: type
    properties: tuple[Property, ...]
    by_name: dict[str, Property]

    @property
    def names(self) -> tuple[str, ...]:
        """The present names, for messages and suggestions."""
        return tuple(each.name for each in self.properties)


@cache
def plan_of(cls: type) -> Plan:
    """The plan of a dataclass; its annotations are evaluated here, once."""
    hints = typing.get_type_hints(cls, include_extras=True)
    properties = tuple(_property(each, hints[each.name]) for each in fields(cls))
    by_name = {each.name: each for each in properties}
    for each in properties:
        for rule in each.constraints:
            if isinstance(rule, Alias):
                by_name.update(dict.fromkeys(rule.names, each))
    return Plan(cls, properties, by_name)


def _property(declared: Field[Any], hint: Any) -> Property:
    required = declared.default is MISSING and declared.default_factory is MISSING
    rules = tuple(getattr(hint, "__metadata__", ()))
    return Property(camel_case(declared.name), declared.name, reader_of(hint), required, rules)


def camel_case(name: str) -> str:
    """`run_if` → `runIf`, `finally_` → `finally`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


def reader_of(hint: Any) -> Reader:
    """What turns a node into a value of this type."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(hint)
    if origin in (typing.Union, types.UnionType):
        members = [each for each in get_args(hint) if each is not type(None)]
        if members in ([int], [timedelta]):
            return readers.OptionalReader(reader_of(members[0]))
        # Of several types the engine picks when the task runs; the server keeps such a value as it is.
        return reader_of(members[0]) if len(members) == 1 else readers.read_plain
    if origin is list:
        return readers.ListReader(reader_of(get_args(hint)[0]))
    if origin is dict:
        return readers.MapReader(reader_of(get_args(hint)[1]))
    return _simple(hint)


def _annotated(hint: Any) -> Reader:
    rules = hint.__metadata__
    if any(isinstance(rule, GivenLabels) for rule in rules):
        return readers.read_given_labels
    if any(isinstance(rule, Dynamic) for rule in rules):
        return readers.read_dynamic
    if any(isinstance(rule, Labels) for rule in rules):
        return readers.read_labels
    for rule in rules:
        if isinstance(rule, ByType):
            return readers.VariantReader(rule.base, rule.classes)
    return reader_of(hint.__origin__)


SCALARS: dict[Any, Reader] = {
    str: readers.read_text,
    bool: readers.read_bool,
    int: readers.read_int,
    float: readers.read_float,
    timedelta: readers.read_duration,
}


def _simple(hint: Any) -> Reader:
    if hint in SCALARS:
        return SCALARS[hint]
    if not isinstance(hint, type):
        return readers.read_plain
    if issubclass(hint, Enum):
        return readers.EnumReader(hint)
    for base, kind in ((Task, TypeKind.TASK), (Trigger, TypeKind.TRIGGER), (Condition, TypeKind.CONDITION)):
        if issubclass(hint, base):
            return readers.TypedReader(kind, base)
    if issubclass(hint, Input):
        return readers.VariantReader(Input, INPUT_TYPES)
    if issubclass(hint, Retry):
        return readers.VariantReader(Retry, RETRY_TYPES)
    return readers.ObjectReader(hint) if is_dataclass(hint) else readers.read_plain
