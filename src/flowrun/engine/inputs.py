"""From what a caller gives to typed inputs (flow reference, chapter 2). Messages are Kestra's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowrun.engine.input_values import (
    PARSERS,
    Unfit,
    Unparsable,
    java_text,
    json_kind,
    parse_limit,
    parse_list,
    shown_float,
)
from flowrun.engine.scope import nested
from flowrun.errors import StartRefused, TemplateError
from flowrun.model.inputs import (
    FORMS,
    ArrayInput,
    DateInput,
    DurationInput,
    EnumInput,
    FileInput,
    FloatInput,
    FormInput,
    Input,
    IntInput,
    MultiselectInput,
    SecretInput,
    SelectInput,
    StringInput,
)
from flowrun.model.log import MASK
from flowrun.template import evaluate, render, to_json, to_text
from flowrun.template.callables import Failure
from flowrun.template.json_text import JsonProblem, read_first, source_at
from flowrun.template.limits import LimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flowrun.template import Host

    Upload = Callable[[str, str], str]
    """Gives the `kestra:///` URI of a local file, by input id and path. Raises `OSError` when it cannot be read."""

KEEP_EMPTY: Final = ("STRING", "SELECT", "SECRET", "EMAIL")
"""The types for which an empty text is a value; for the others it is none."""

EMAIL: Final = re.compile(r"([a-zA-Z0-9_!#$%&’*+/=?`{|}~^.-]+@[a-zA-Z0-9.-]+)?")

STORED_FILE: Final = re.compile(r"(kestra|file|nsfile):")


def flatten(declared: Sequence[Input]) -> Iterator[Input]:
    """The inputs with those of a FORM in its place, as `form.child`."""
    for one in declared:
        if isinstance(one, FormInput):
            for child in flatten(one.inputs or ()):
                yield type(child)(**{**vars(child), "id": f"{one.id}.{child.id}"})
        else:
            yield one


@dataclass(frozen=True, slots=True)
class Offer:
    """What an input would take when nothing is given for it, and what there is to choose from; None for neither."""

    default: Any
    choices: Sequence[str] | None


class Resolution:
    """One start of a flow: each input is resolved once, its dependencies first.

    `values` are the typed inputs by id. `defaults` are those of inputs that are switched off: no inputs of the execution,
    yet templates see them (flow reference, 2.4). `variables` is what templates may see besides the inputs that they
    depend on, `host` whom they may ask. Without `upload` the path of a file stays as it is.
    """

    def __init__(
        self,
        declared: Sequence[Input],
        raw: Mapping[str, Any],
        variables: Mapping[str, Any],
        *,
        host: Host | None = None,
        upload: Upload | None = None,
    ) -> None:
        self.declared = {one.id: one for one in flatten(declared)}
        self.raw = raw
        self.variables = variables
        self.host = host
        self.upload = upload
        self.values: dict[str, Any] = {}
        self.enabled: dict[str, bool] = {}
        self.defaults: dict[str, Any] = {}

    def resolve_all(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """`values` in the order of declaration, and `defaults`. Raises `StartRefused` for the first bad or missing input."""
        for name in self.declared:
            self.resolve(name)
        return {name: self.values[name] for name in self.declared if name in self.values}, self.defaults

    def resolve(self, name: str) -> None:
        """Put the value of an input into `values`, unless it is switched off. Raises `StartRefused`."""
        if name in self.enabled:
            return
        one = self.declared[name]
        seen = self.switch(one)
        if self.enabled[name]:
            self.values[name] = self.value(one, seen)
        else:
            self.hidden_default(one)

    def offer(self, name: str) -> Offer | None:
        """What there is to say of an input before it is given; None when it is switched off. Raises `StartRefused`."""
        one = self.declared[name]
        seen = self.switch(one)
        if not self.enabled[name]:
            return None
        choices = self.choices(one, seen)
        try:
            return Offer(self.default(one, self.with_nulls(seen), choices), choices)
        except StartRefused:
            return Offer(None, choices)

    def switch(self, one: Input) -> Mapping[str, Any]:
        """Find out whether an input is enabled, its dependencies first; what its templates see. Raises `StartRefused`."""
        self.enabled[one.id] = True
        depends = one.depends_on.inputs or [] if one.depends_on else []
        for dependency in depends:
            if dependency in self.declared:
                self.resolve(dependency)
        visible = {key: self.shown(key) for key in depends if key in self.values}
        seen = {**self.variables, "inputs": nested(visible)} if visible else self.variables
        self.enabled[one.id] = all(self.enabled.get(key, True) for key in depends) and self.condition(one, seen)
        return seen

    def with_nulls(self, seen: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a default sees: without dependencies all inputs, and none of them has a value."""
        return seen if "inputs" in seen else {**seen, "inputs": nested(dict.fromkeys(self.declared))}

    def shown(self, name: str) -> Any:
        """The value of an input as those see it that depend on it; a secret stays one (the server refuses such flows)."""
        one, value = self.declared[name], self.values[name]
        return MASK if isinstance(one, SecretInput) and value else java_text(one.type, value)

    def condition(self, one: Input, seen: Mapping[str, Any]) -> bool:
        """Whether `dependsOn.condition` holds: a real `true`; one that can't be rendered does not."""
        if one.depends_on is None or one.depends_on.condition is None:
            return True
        try:
            return evaluate(one.depends_on.condition, seen, self.host) is True
        except TemplateError:
            return False

    def value(self, one: Input, seen: Mapping[str, Any]) -> Any:
        """The given value, else the default, parsed and checked; None for an optional input without either."""
        choices = self.choices(one, seen)
        given = self.raw.get(one.id)
        if given is not None and (given != "" or one.type in KEEP_EMPTY):
            return checked(one, parsed(one, self.uploaded(one, given)), choices)
        value = self.default(one, self.with_nulls(seen), choices)
        if value is not None:
            return checked(one, value, choices)
        if one.required:
            raise StartRefused(f"Missing required input:{one.id}", input_id=one.id)
        return None

    def uploaded(self, one: Input, given: Any) -> Any:
        """What a local path stands for, where it names a file of the caller: the URI of its copy in storage."""
        if self.upload is None or (not isinstance(one, FileInput) and getattr(one, "item_type", None) != "FILE"):
            return given
        if isinstance(one, FileInput):
            try:
                return self.stored(one, to_text(given))
            except OSError as problem:
                raise unparsable(one, f"{given} ({problem.strerror})") from problem
        try:
            return [self.stored(one, to_text(item)) for item in parse_list(given)]
        except Unparsable as problem:
            raise unparsable(one, str(problem)) from problem
        except OSError as problem:
            raise refusal(one, f"Unable to parse array element as `FILE` on `{problem.filename}`") from problem

    def stored(self, one: Input, path: str) -> str:
        """The path as a URI; one that is a URI of a stored file already stays. Raises `OSError`."""
        if self.upload is None or STORED_FILE.match(path):
            return path
        return self.upload(one.id, path)

    def default(self, one: Input, seen: Mapping[str, Any], choices: Sequence[str] | None) -> Any:
        """`defaults`, rendered and parsed; with `autoSelectFirst` the first choice. Raises `StartRefused`."""
        if one.defaults is None:
            if not choices or not isinstance(one, SelectInput | MultiselectInput) or not one.auto_select_first:
                return None
            return [choices[0]] if isinstance(one, MultiselectInput) else choices[0]
        try:
            rendered = render_default(one.defaults, seen, self.host)
        except TemplateError as problem:
            raise refusal(one, thrown(problem)) from problem
        return default_value(one, rendered)

    def hidden_default(self, one: Input) -> None:
        """Remember the default of an input that is switched off, if it is one that needs no inputs."""
        try:
            value = self.default(one, self.variables, None)
        except StartRefused:
            return
        if value is not None:
            self.defaults[one.id] = value

    def choices(self, one: Input, seen: Mapping[str, Any]) -> Sequence[str] | None:
        """What an ENUM, SELECT or MULTISELECT offers: `values`, or what `expression` gives."""
        if not isinstance(one, SelectInput | MultiselectInput) or one.expression is None:
            options = one.options if isinstance(one, MultiselectInput) else None
            listed = getattr(one, "values", None)
            return options if listed is None else [to_text(item) for item in listed]
        try:
            offered = evaluate(one.expression, seen, self.host)
        except TemplateError as problem:
            raise refusal(one, f"{one.id}: Cannot render 'expression'. Cause: {thrown(problem)}") from problem
        if not isinstance(offered, list):
            raise refusal(one, f"{one.id}: Invalid expression result. Expected a list of strings")
        return [to_text(item) for item in offered if item is not None]


PEBBLE: Final = "io.pebbletemplates.pebble.error"
THROWN: Final = {"missing": "", "syntax": f"{PEBBLE}.ParserException: "}


def thrown(problem: TemplateError) -> str:
    """What goes wrong in a template, with the class that the server names in front."""
    return THROWN.get(problem.kind, f"{PEBBLE}.PebbleException: ") + problem.message


def refusal(one: Input, cause: str, kind: str = "input") -> StartRefused:
    """The server's sentence for an input (or output) whose value will not do."""
    return StartRefused(f"Invalid value for {kind} `{one.id}`. Cause: {cause}", input_id=one.id)


def unparsable(one: Input, cause: str) -> StartRefused:
    """The server's sentence for a text that is no value of the type; it names no input, so the hint does."""
    form = FORMS.get(one.type)
    hint = f"the input `{one.id}` takes {form}" if form else f"this is about the input `{one.id}`"
    return StartRefused(f" errors:\n```\n{cause}\n```", input_id=one.id, hint=hint)


def render_default(value: Any, seen: Mapping[str, Any], host: Host | None) -> Any:
    """Templates inside a default, at any depth."""
    if isinstance(value, str):
        return render(value, seen, host)
    if isinstance(value, list):
        return [render_default(item, seen, host) for item in value]
    if isinstance(value, dict):
        return {key: render_default(item, seen, host) for key, item in value.items()}
    return value


FROM_JSON: Final = {
    "INT": "java.lang.Integer",
    "FLOAT": "java.lang.Float",
    "BOOL": "java.lang.Boolean",
    "BOOLEAN": "java.lang.Boolean",
    "DATE": "java.time.LocalDate",
    "TIME": "java.time.LocalTime",
    "DATETIME": "java.time.Instant",
    "DURATION": "java.time.Duration",
}
"""Types whose default is read as JSON when it is no text of the type itself: `5.5` and `5 apples` are the INT 5."""


def default_value(one: Input, rendered: Any) -> Any:
    """A rendered default as the type of its input; None when it is empty or null. Raises `StartRefused`."""
    if rendered == "" and one.type not in KEEP_EMPTY:
        return None
    if one.type not in FROM_JSON:
        if isinstance(one, ArrayInput | MultiselectInput) and isinstance(rendered, str):
            rendered = from_json(one, rendered)
        elif PARSERS.get(one.type) is to_text and isinstance(rendered, list | dict):
            rendered = to_json(rendered)
        return parsed(one, rendered)
    try:
        if one.type not in ("BOOL", "BOOLEAN"):
            return PARSERS[one.type](rendered)
    except (Unparsable, Unfit):
        pass
    value = from_json(one, rendered) if isinstance(rendered, str) else rendered
    return json_value(one, value)


def from_json(one: Input, text: str) -> Any:
    """The first JSON value of a text. Raises `StartRefused`."""
    try:
        return read_first(text)
    except JsonProblem as problem:
        cause = f"com.fasterxml.jackson.core.JsonParseException: {problem}\n at {problem.source}"
        raise refusal(one, cause) from problem


def json_value(one: Input, value: Any) -> Any:
    """A JSON value as a scalar type: numbers are cut and converted. Raises `StartRefused`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match one.type:
        case "INT" if is_number and abs(value) < 2**31:
            return int(value)
        case "FLOAT" if is_number:
            return shown_float(value)
        case "DURATION" if is_number and abs(value) < 10**12:
            return float(value)
        case "BOOL" | "BOOLEAN" if isinstance(value, bool | int):
            return bool(value)
        case "BOOL" | "BOOLEAN" if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
    if value is None:
        return None
    if isinstance(value, str) and one.type not in ("BOOL", "BOOLEAN"):
        return parsed(one, value)
    kind, token = json_kind(value)
    cause = f"Cannot deserialize value of type `{FROM_JSON[one.type]}` from {kind} value (token `JsonToken.{token}`)"
    raise refusal(one, f"com.fasterxml.jackson.databind.exc.MismatchedInputException: {cause}\n at {source_at('', 0)}")


def typed_value(one: Input, given: Any, kind: str = "input") -> Any:
    """A given value as the type of its input (or output: `kind`). Raises `StartRefused`."""
    return checked(one, parsed(one, given, kind), None, kind)


def parsed(one: Input, given: Any, kind: str = "input") -> Any:
    """The value that a text or a native value stands for, as the type of the input. Raises `StartRefused`."""
    try:
        if isinstance(one, ArrayInput | MultiselectInput):
            return [parse_item(one.item_type or "STRING", item) for item in parse_list(given)]
        return PARSERS[one.type](given)
    except Unparsable as problem:
        raise unparsable(one, str(problem)) from problem
    except Unfit as problem:
        raise refusal(one, str(problem), kind) from problem


def parse_item(item_type: str, item: Any) -> Any:
    """One element of an ARRAY or MULTISELECT. Raises `Unfit`."""
    try:
        if item is not None and item_type in PARSERS:
            return PARSERS[item_type](item)
    except (Unparsable, Unfit) as problem:
        raise Unfit(unfit_item(item_type, item)) from problem
    raise Unfit(unfit_item(item_type, item))


def unfit_item(item_type: str, item: Any) -> str:
    """The server's words for an element that is not of its type."""
    return f"Unable to parse array element as `{item_type}` on `{to_text(item)}`"


def checked(one: Input, value: Any, choices: Sequence[str] | None, kind: str = "input") -> Any:
    """The value, if it keeps the rules of its input. Raises `StartRefused`."""
    try:
        check(one, value, choices)
    except Unfit as problem:
        refused = [refusal(one, str(cause), kind).message for cause in problem.args]
        raise StartRefused("\n".join(refused), input_id=one.id) from problem
    return value


def check(one: Input, value: Any, choices: Sequence[str] | None) -> None:
    """The rules of the input's type. Raises `Unfit`, with a message for each rule that is broken."""
    match one:
        case StringInput(validator=str(pattern)) if not matches_pattern(value, pattern):
            who = f"{one.id}: " if isinstance(one, SecretInput) else ""
            raise Unfit(f"{who}it must match the pattern `{pattern}`")
        case IntInput():
            check_bounds(value, one.min, one.max, to_text, "it")
        case FloatInput():
            low, high = (None if limit is None else shown_float(limit) for limit in (one.min, one.max))
            # Java has NaN above all numbers.
            number = float("inf") if value == "NaN" else float(value)
            check_bounds(number, low, high, to_text, "it")
        case DurationInput():
            low, high = (None if limit is None else limit.total_seconds() for limit in (one.min, one.max))
            check_bounds(value, low, high, lambda limit: str(java_text("DURATION", limit)), "It")
        case DateInput():
            check_dates(one, value)
        case EnumInput() | SelectInput() if one.required and not getattr(one, "allow_custom_value", False):
            check_choice(one, value, choices)
        case MultiselectInput():
            check_choices(one, value, choices)
        case Input(type="EMAIL") if not EMAIL.fullmatch(value):
            raise Unfit("The input must be a valid email")


def check_choice(one: Input, value: str, choices: Sequence[str] | None) -> None:
    """An ENUM or SELECT takes one of its values; a SELECT that has none takes nothing."""
    if choices is None:
        raise StartRefused(
            'Cannot invoke "java.util.List.contains(Object)" because "this.values" is null',
            input_id=one.id,
            hint=f"give the input `{one.id}` its `values` or an `expression`",
        )
    if value not in choices:
        raise Unfit(f"it must match the values `[{', '.join(choices)}]`")


def check_choices(one: MultiselectInput, items: Sequence[Any], choices: Sequence[str] | None) -> None:
    """A MULTISELECT takes some of its values."""
    if one.values is not None and one.options is not None:
        raise Unfit("you can't define both `values` and `options`")
    if one.allow_custom_value:
        return
    if choices is None:
        raise StartRefused(
            'Cannot invoke "java.util.List.contains(Object)" because "finalValues" is null',
            input_id=one.id,
            hint=f"give the input `{one.id}` its `values` or an `expression`",
        )
    offered = ", ".join(choices)
    texts = map(to_text, items)
    if wrong := [f"value `{text}` doesn't match the values `[{offered}]`" for text in texts if text not in choices]:
        raise Unfit(*wrong)


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
    after, before = (None if limit is None else parse_limit(one.type, limit) for limit in (one.after, one.before))
    if after is not None and value < after:
        raise Unfit(f"it must be after `{java_text(one.type, after)}`")
    if before is not None and value > before:
        raise Unfit(f"it must be before `{java_text(one.type, before)}`")
