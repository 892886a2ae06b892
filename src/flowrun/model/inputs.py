"""Inputs of a flow: one class for each type (reference of the flow file, chapter 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from flowrun.model.properties import Alias, Deprecated, Expression, Matches

INPUT_ID = Matches("^[a-zA-Z0-9][.a-zA-Z0-9_-]*")


class ValueType(StrEnum):
    """The types of inputs and of a flow's outputs."""

    STRING = "STRING"
    ENUM = "ENUM"
    SELECT = "SELECT"
    MULTISELECT = "MULTISELECT"
    INT = "INT"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    BOOL = "BOOL"
    DATETIME = "DATETIME"
    DATE = "DATE"
    TIME = "TIME"
    DURATION = "DURATION"
    FILE = "FILE"
    JSON = "JSON"
    YAML = "YAML"
    URI = "URI"
    SECRET = "SECRET"  # noqa: S105
    ARRAY = "ARRAY"
    EMAIL = "EMAIL"
    FORM = "FORM"


@dataclass(frozen=True, slots=True)
class DependsOn:
    """The input counts only when `condition` holds; only the inputs named here are visible to it."""

    inputs: list[str] | None = None
    condition: Annotated[str | None, Expression()] = None


@dataclass(frozen=True, kw_only=True)
class Input:
    """What all types share. `defaults` is used when the caller gives nothing; it may be a template."""

    id: Annotated[str, INPUT_ID, Alias(("name",))]
    type: str
    description: str | None = None
    display_name: str | None = None
    required: bool = True
    defaults: Annotated[Any, Expression()] = None
    prefill: Any = None
    depends_on: DependsOn | None = None


@dataclass(frozen=True, kw_only=True)
class StringInput(Input):
    """Text; `validator` is a regular expression for the whole of it."""

    validator: str | None = None


@dataclass(frozen=True, kw_only=True)
class SecretInput(StringInput):
    """Text that is masked wherever it would be shown."""


@dataclass(frozen=True, kw_only=True)
class EnumInput(Input):
    """One of `values` (deprecated: SELECT)."""

    values: list[str]


@dataclass(frozen=True, kw_only=True)
class SelectInput(Input):
    """One of `values`, or of what `expression` gives."""

    values: list[str] | None = None
    expression: Annotated[str | None, Expression()] = None
    allow_custom_value: bool = False
    is_radio: bool = False
    auto_select_first: bool = False


@dataclass(frozen=True, kw_only=True)
class MultiselectInput(Input):
    """Some of `values`, or of what `expression` gives."""

    values: list[str] | None = None
    options: Annotated[list[str] | None, Deprecated("write `values`")] = None
    expression: Annotated[str | None, Expression()] = None
    item_type: ValueType | None = None
    allow_custom_value: bool = False
    auto_select_first: bool = False


@dataclass(frozen=True, kw_only=True)
class IntInput(Input):
    """A whole number of 32 bits, between `min` and `max`."""

    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, kw_only=True)
class FloatInput(Input):
    """A decimal number, between `min` and `max`."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, kw_only=True)
class DateInput(Input):
    """DATE, TIME or DATETIME, between `after` and `before` (written as the type itself)."""

    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, kw_only=True)
class DurationInput(Input):
    """An ISO-8601 duration, between `min` and `max`."""

    min: timedelta | None = None
    max: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class FileInput(Input):
    """A file; its content goes into storage."""

    extension: Annotated[str | None, Deprecated("write `allowedFileExtensions`")] = None
    allowed_file_extensions: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class ArrayInput(Input):
    """A list whose items are of `item_type`."""

    item_type: ValueType


@dataclass(frozen=True, kw_only=True)
class FormInput(Input):
    """A named group of inputs."""

    inputs: list[Input]


FORMS: dict[str, str] = {
    "INT": "a whole number",
    "FLOAT": "a number",
    "BOOLEAN": "true or false",
    "BOOL": "true or false",
    "DATETIME": "a moment such as 2024-05-01T09:30:00Z",
    "DATE": "a date such as 2024-05-01",
    "TIME": "a time such as 09:30:00",
    "DURATION": "a duration such as PT1H30M",
    "FILE": "the path of a file",
    "JSON": 'JSON such as {"key": [1, 2]}',
    "YAML": "YAML such as key: [1, 2]",
    "URI": "an address such as https://example.com/path",
    "EMAIL": "an address such as ann@example.com",
    "ARRAY": 'a list such as ["a", "b"]',
    "MULTISELECT": 'a list such as ["a", "b"]',
}
"""How a value of a type is written, for those who have to write one."""

INPUT_TYPES: dict[str, type[Input]] = {
    "STRING": StringInput,
    "ENUM": EnumInput,
    "SELECT": SelectInput,
    "MULTISELECT": MultiselectInput,
    "INT": IntInput,
    "FLOAT": FloatInput,
    "BOOLEAN": Input,
    "BOOL": Input,
    "DATETIME": DateInput,
    "DATE": DateInput,
    "TIME": DateInput,
    "DURATION": DurationInput,
    "FILE": FileInput,
    "JSON": Input,
    "YAML": Input,
    "URI": Input,
    "SECRET": SecretInput,
    "ARRAY": ArrayInput,
    "EMAIL": Input,
    "FORM": FormInput,
}
