"""From what a caller gives to typed inputs (flow reference, chapter 2). Messages are Kestra's own."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from flowrun.engine.scope import nested
from flowrun.errors import StartRefused, TemplateError
from flowrun.model.durations import format_duration, parse_duration
from flowrun.model.inputs import (
    ArrayInput,
    DateInput,
    DurationInput,
    EnumInput,
    FloatInput,
    FormInput,
    Input,
    IntInput,
    MultiselectInput,
    SelectInput,
    StringInput,
)
from flowrun.template import evaluate, to_text
from flowrun.template.callables import Failure
from flowrun.template.limits import LimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


T = TypeVar("T")


class Unparsable(ValueError):
    """A text is no value of its type, in the words of the server's parser; the message names no input."""


class Unfit(ValueError):
    """A value breaks a rule of its input, or is no number; the message names the input."""


def resolve(
    declared: Sequence[Input], raw: Mapping[str, Any], variables: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The typed value of every input that counts, by id; and the defaults of those that are switched off.

    The latter are no inputs of the execution, yet templates see them (flow reference, 2.4).
    `variables` is what defaults and conditions may see besides the inputs that they depend on.
    Raises `StartRefused` for the first bad or missing input, in the order of declaration.
    """
    resolution = Resolution({one.id: one for one in flatten(declared)}, raw, variables)
    for name in resolution.declared:
        resolution.resolve(name)
    values = {name: resolution.values[name] for name in resolution.declared if name in resolution.values}
    return values, resolution.defaults


def flatten(declared: Sequence[Input]) -> Iterator[Input]:
    """The inputs with those of a FORM in its place, as `form.child`."""
    for one in declared:
        if isinstance(one, FormInput):
            for child in flatten(one.inputs or ()):
                yield type(child)(**{**vars(child), "id": f"{one.id}.{child.id}"})
        else:
            yield one


class Resolution:
    """One start of a flow: each input is resolved once, its dependencies first."""

    def __init__(self, declared: Mapping[str, Input], raw: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        self.declared = declared
        self.raw = raw
        self.variables = variables
        self.values: dict[str, Any] = {}
        self.enabled: dict[str, bool] = {}
        self.defaults: dict[str, Any] = {}

    def resolve(self, name: str) -> None:
        """Put the value of an input into `values`, unless it is switched off."""
        if name in self.enabled:
            return
        one = self.declared[name]
        self.enabled[name] = True
        depends = one.depends_on.inputs or [] if one.depends_on else []
        for dependency in depends:
            if dependency in self.declared:
                self.resolve(dependency)
        visible = {key: self.values.get(key) if key in depends else None for key in self.declared}
        seen = {**self.variables, "inputs": nested(visible)}
        self.enabled[name] = all(self.enabled.get(key, True) for key in depends) and self.condition(one, seen)
        if self.enabled[name]:
            self.values[name] = self.value(one, seen)
        elif (default := self.default(one, seen, None)) is not None:
            self.defaults[name] = typed_value(one, default)

    def condition(self, one: Input, seen: Mapping[str, Any]) -> bool:
        """Whether `dependsOn.condition` holds: a real `true`; one that can't be rendered does not."""
        if one.depends_on is None or one.depends_on.condition is None:
            return True
        try:
            return evaluate(one.depends_on.condition, seen) is True
        except TemplateError:
            return False

    def value(self, one: Input, seen: Mapping[str, Any]) -> Any:
        """The given value, else the default, parsed and checked."""
        choices = self.choices(one, seen)
        given = self.raw.get(one.id)
        if given is None:
            given = self.default(one, seen, choices)
        if given is None:
            if one.required:
                raise StartRefused(f"Missing required input:{one.id}", input_id=one.id)
            return None
        return typed_value(one, given, choices)

    def default(self, one: Input, seen: Mapping[str, Any], choices: Sequence[str] | None) -> Any:
        """`defaults`, rendered; with `autoSelectFirst` the first choice."""
        if one.defaults is None:
            first = isinstance(one, SelectInput | MultiselectInput) and one.auto_select_first and choices
            return choices[0] if first and choices else None
        try:
            return render_default(one.defaults, seen)
        except TemplateError as problem:
            raise refusal(one, str(problem)) from problem

    def choices(self, one: Input, seen: Mapping[str, Any]) -> Sequence[str] | None:
        """What a SELECT or MULTISELECT offers: `values`, or what `expression` gives."""
        if not isinstance(one, SelectInput | MultiselectInput) or one.expression is None:
            options = one.options if isinstance(one, MultiselectInput) else None
            return getattr(one, "values", None) or options
        try:
            offered = evaluate(one.expression, seen)
        except TemplateError as problem:
            raise refusal(one, f"Cannot render 'expression'. Cause: {problem}") from problem
        if not isinstance(offered, list):
            raise refusal(one, f"{one.id}: Invalid expression result. Expected a list of strings")
        return [to_text(item) for item in offered if item is not None]


def refusal(one: Input, cause: str, kind: str = "input") -> StartRefused:
    """The server's sentence for an input (or output) whose value will not do."""
    return StartRefused(f"Invalid value for {kind} `{one.id}`. Cause: {cause}", input_id=one.id)


def render_default(value: Any, seen: Mapping[str, Any]) -> Any:
    """Templates inside a default, at any depth; text stays text."""
    if isinstance(value, str):
        rendered = evaluate(value, seen)
        return rendered if rendered is None or isinstance(rendered, list | dict) else to_text(rendered)
    if isinstance(value, list):
        return [render_default(item, seen) for item in value]
    if isinstance(value, dict):
        return {key: render_default(item, seen) for key, item in value.items()}
    return value


def typed_value(one: Input, given: Any, choices: Sequence[str] | None = None, kind: str = "input") -> Any:
    """A given value as the type of its input (or output: `kind`). Raises `StartRefused`."""
    try:
        value = parse(one, given)
        check(one, value, choices)
    except Unparsable as problem:
        raise StartRefused(f" errors:\n```\n{problem}\n```", input_id=one.id) from problem
    except Unfit as problem:
        raise refusal(one, str(problem), kind) from problem
    return value


def parse(one: Input, given: Any) -> Any:
    """The value that a text or a native value stands for, as the type of the input."""
    if isinstance(one, ArrayInput | MultiselectInput):
        return parse_items(one, given)
    return PARSERS[one.type](given)


def parse_items(one: ArrayInput | MultiselectInput, given: Any) -> list[Any]:
    """A list, or JSON text of one; each item parsed as `itemType` (STRING for MULTISELECT)."""
    items = given if isinstance(given, list) else parse_json(given)
    if not isinstance(items, list):
        raise Unparsable(f"not a list: {given}")
    item_type = one.item_type or "STRING"
    return [parse_item(item_type, item) for item in items]


def parse_item(item_type: str, item: Any) -> Any:
    """One element of an ARRAY or MULTISELECT."""
    try:
        return PARSERS[item_type](item)
    except (Unparsable, Unfit) as problem:
        raise Unfit(f"Unable to parse array element as `{item_type}` on `{to_text(item)}`") from problem


def check(one: Input, value: Any, choices: Sequence[str] | None) -> None:
    """The rules of the input's type. Raises `Unfit`."""
    match one:
        case StringInput(validator=str(pattern)) if not matches_pattern(value, pattern):
            raise Unfit(f"it must match the pattern `{pattern}`")
        case IntInput() | FloatInput():
            check_bounds(value, one.min, one.max, str, "it")
        case DurationInput():
            check_bounds(timedelta(seconds=value), one.min, one.max, format_duration, "It")
        case DateInput():
            check_dates(one, value)
        case EnumInput() | SelectInput() if one.required and not getattr(one, "allow_custom_value", False):
            if choices is not None and value not in choices:
                raise Unfit(f"it must match the values `[{', '.join(choices)}]`")
        case MultiselectInput() if choices is not None and not one.allow_custom_value:
            for item in value:
                if to_text(item) not in choices:
                    raise Unfit(f"value `{to_text(item)}` doesn't match the values `[{', '.join(choices)}]`")
        case Input(type="EMAIL") if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise Unfit("The input must be a valid email")


def matches_pattern(value: str, pattern: str) -> bool:
    """Whether the whole text matches a Java regular expression; one that takes for ever matches nothing."""
    from flowrun.template.regex import fullmatch

    try:
        return fullmatch(value, pattern) is not None
    except (Failure, LimitReached):
        return False


def check_bounds(value: Any, low: Any, high: Any, show: Callable[[Any], str], it: str) -> None:
    """Limits are inclusive."""
    if low is not None and value < low:
        raise Unfit(f"{it} must be more than `{show(low)}`")
    if high is not None and value > high:
        raise Unfit(f"{it} must be less than `{show(high)}`")


def check_dates(one: DateInput, value: str) -> None:
    """`after` and `before` of a DATE, TIME or DATETIME, written as the type itself."""
    read = PARSERS[one.type]
    if one.after is not None and value < read(one.after):
        raise Unfit(f"it must be after `{shortest(one, one.after)}`")
    if one.before is not None and value > read(one.before):
        raise Unfit(f"it must be before `{shortest(one, one.before)}`")


def shortest(one: DateInput, limit: str) -> str:
    """A limit as Java prints it: a time of day without its seconds when they are zero."""
    return limit.removesuffix(":00") if one.type == "TIME" and limit.count(":") == 2 else limit


def parse_int(given: Any) -> int:
    """A whole number of 32 bits, in Java's syntax."""
    text = to_text(given)
    if not re.fullmatch(r"[+-]?\d+", text) or not -(2**31) <= int(text) < 2**31:
        raise Unfit(f'For input string: "{text}"')
    return int(text)


def parse_float(given: Any) -> float:
    """A decimal number, in Java's syntax."""
    text = to_text(given)
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?\s*", text):
        raise Unfit("empty String" if not text.strip() else f'For input string: "{text}"')
    return float(text.strip().rstrip("fFdD"))


def parse_bool(given: Any) -> bool:
    """`true` in any case is true; everything else is false, without an error."""
    return to_text(given).lower() == "true"


def parse_datetime(given: Any) -> str:
    """An ISO instant, kept as Kestra prints it: `2024-05-01T10:00:00.000000Z`."""
    text = to_text(given)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?(\d\d)?)", text):
        raise Unparsable(f"Text '{text}' could not be parsed at index 0")
    return _iso(lambda: datetime.fromisoformat(text.upper()).astimezone(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_date(given: Any) -> str:
    """A day, `YYYY-MM-DD`."""
    text = to_text(given)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise Unparsable(f"Text '{text}' could not be parsed at index 0")
    return _iso(lambda: date.fromisoformat(text)).isoformat()


def parse_time(given: Any) -> str:
    """A time of day, `HH:MM[:SS[.fff]]`, kept with its seconds."""
    text = to_text(given)
    if not re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d{1,9})?)?", text):
        raise Unparsable(f"Text '{text}' could not be parsed at index 0")
    value = _iso(lambda: time.fromisoformat(text[:15])).isoformat()
    return value.rstrip("0") if "." in value else value


def _iso(read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as problem:
        raise Unparsable(str(problem)) from problem


def parse_seconds(given: Any) -> float:
    """A duration, kept in seconds."""
    text = to_text(given)
    if not text.upper().lstrip("+-").startswith("P"):
        raise Unparsable("Text cannot be parsed to a Duration")
    return float(_iso(lambda: parse_duration(text)).total_seconds())


def parse_json(given: Any) -> Any:
    """JSON text; what is structured already stays."""
    if not isinstance(given, str):
        return given
    import json

    try:
        return json.loads(given)
    except ValueError as problem:
        raise Unparsable(f"Unexpected token {problem}") from problem


def parse_yaml(given: Any) -> Any:
    """YAML text; what is structured already stays."""
    if not isinstance(given, str):
        return given
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(given)
    except YAMLError as problem:
        raise Unparsable(str(problem)) from problem


def parse_uri(given: Any) -> str:
    """Lower-case scheme, `://`, a host with a dot, then whatever."""
    text = to_text(given)
    if not re.fullmatch(r"[a-z]+://[\w.-]*\w\.[a-z0-9]{1,6}(:\d+)?([/?#].*)?", text):
        raise Unfit("Invalid URI format.")
    return text


PARSERS: dict[str, Callable[[Any], Any]] = {
    "STRING": to_text,
    "ENUM": to_text,
    "SELECT": to_text,
    "INT": parse_int,
    "FLOAT": parse_float,
    "BOOLEAN": parse_bool,
    "BOOL": parse_bool,
    "DATETIME": parse_datetime,
    "DATE": parse_date,
    "TIME": parse_time,
    "DURATION": parse_seconds,
    "FILE": to_text,
    "JSON": parse_json,
    "YAML": parse_yaml,
    "URI": parse_uri,
    "SECRET": to_text,
    "EMAIL": to_text,
}
