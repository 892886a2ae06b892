"""The function `http()` of templates: one request, and the body of its answer as data."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, get_type_hints
from urllib.parse import quote_plus

from flowrun.errors import TaskFailed, TemplateError
from flowrun.model.http_exchange import MOST_IN_MEMORY, HttpAnswer, HttpCall, content_type_of, encoded, is_failure
from flowrun.model.http_request import AUTH_TYPES, Auth, HttpOptions
from flowrun.runtime.http_client import send
from flowrun.runtime.http_failures import NotReached
from flowrun.runtime.properties import bare, convert, options_of
from flowrun.template import to_json, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowrun.model.workplace import Workplace

JSON: Final = "application/json"
YAML: Final = ("application/yaml", "application/x-yaml")


def fetch(uri: str, options: Mapping[str, Any], *, workplace: Workplace, cancelled: Callable[[], bool]) -> Any:
    """The body as data. `options`: the other arguments, in snake case. Raises `TemplateError`."""
    body = BytesIO()
    try:
        call = call_of(to_text(uri), options)
        workplace.use_network("`http()`", f"send a request to {call.uri}")
        answer = send(call, body, limit=MOST_IN_MEMORY, log=lambda _level, _line: None, cancelled=cancelled)
        check(answer, call.options)
    except NotReached as failure:
        raise TemplateError("Failed to execute HTTP request ", hint=failure.message) from failure
    except TaskFailed as failure:
        raise TemplateError(failure.message.partition("\n")[0]) from failure
    return None if answer.length is None else data_of(answer, body.getvalue().decode(errors="replace"))


def call_of(uri: str, given: Mapping[str, Any]) -> HttpCall:
    """The request that the arguments describe."""
    kind = to_text(given.get("content_type", JSON))
    options = options_from(given.get("options", {}))
    content_type = content_type_of(kind, options.default_charset) if "body" in given else None
    content = encoded(content_of(given["body"], kind), options.default_charset) if content_type else None
    headers = [("Accept", to_text(given.get("accept", JSON)))]
    for name, value in a_map("headers", given).items():
        values = value if isinstance(value, list) else [value]
        headers += [(to_text(name), to_text(one)) for one in values if one is not None]
    return HttpCall(
        uri=with_query(uri, a_map("query", given)),
        method=to_text(given.get("method", "GET")).upper(),
        headers=headers,
        content=content,
        content_type=content_type,
        options=options,
    )


def a_map(name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """An argument that has to be a map."""
    value = given.get(name, {})
    if not isinstance(value, dict):
        raise TaskFailed(f"The 'http' function expects an argument '{name}' with type map.")
    return value


def with_query(uri: str, query: Mapping[str, Any]) -> str:
    """The URI with more behind its `?`; what is null is left out."""
    pairs = [
        f"{quote_plus(to_text(name))}={quote_plus(to_text(value))}"
        for name, value in query.items()
        if value is not None
    ]
    mark = "&" if "?" in uri else "?"
    return f"{uri}{mark}{'&'.join(pairs)}" if pairs else uri


def content_of(body: Any, kind: str) -> str:
    """The body as text: data is written as JSON or YAML, text that is to be JSON is looked at."""
    if kind == JSON:
        return to_json(read_json(body) if isinstance(body, str) else body)
    if isinstance(body, dict | list):
        if kind not in YAML:
            raise TaskFailed("Unsupported content type ")
        return as_yaml(body)
    return to_text(body)


def read_json(text: str) -> Any:
    from flowrun.template.json_text import JsonProblem, read_first

    try:
        return read_first(text)
    except JsonProblem as problem:
        raise TaskFailed("Couldn't parse the request body") from problem


def as_yaml(value: Any) -> str:
    """Data as YAML; the template's own kinds of lists and numbers become plain ones by way of JSON."""
    import json
    from io import StringIO

    from ruamel import yaml

    text = StringIO()
    writer = yaml.YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump(json.loads(to_json(value)), text)
    return text.getvalue()


def check(answer: HttpAnswer, options: HttpOptions) -> None:
    """Raises `TaskFailed` for a code that is none of the allowed ones."""
    if is_failure(answer.code, options, failures_allowed=bool(options.allow_failed)):
        said = f"{answer.code} : {answer.reason}"
        raise TaskFailed(f"Failed to execute HTTP Request, server respond with status {said}")


def data_of(answer: HttpAnswer, text: str) -> Any:
    """The body as what it says it is: YAML, and JSON whatever else it says."""
    from flowrun.template.callables import Failure
    from flowrun.template.json_text import JsonProblem, read_first
    from flowrun.template.yaml_text import read

    try:
        return read(text) if answer.headers.get("content-type", [""])[0] in YAML else read_first(text)
    except JsonProblem as problem:
        raise TemplateError(
            f"com.fasterxml.jackson.core.JsonParseException: {problem}", hint="`http` reads answers of JSON and YAML"
        ) from problem
    except Failure as problem:
        raise TemplateError(str(problem)) from problem


# --- options


def options_from(given: Any) -> HttpOptions:
    """The argument `options`: the same properties as those of the HTTP tasks."""
    made = object_from(given, HttpOptions)
    assert isinstance(made, HttpOptions)
    return made


def object_from(given: Any, kind: type) -> Any:
    """An object of a declared class, from a map with names in camelCase."""
    if not isinstance(given, dict):
        raise TaskFailed("The 'http' function expects an argument 'options' with type map.")
    if kind is Auth:
        if given.get("type") not in AUTH_TYPES:
            raise TaskFailed(f"`options.auth` needs a `type`: {', '.join(AUTH_TYPES)}")
        kind = AUTH_TYPES[given["type"]]
    hints = get_type_hints(kind, include_extras=True)
    names = {camel_case(one.name): one.name for one in fields(kind)}
    if unknown := [name for name in given if name not in names]:
        raise TaskFailed(f'Unrecognized field "{unknown[0]}" of `options`; there are {", ".join(sorted(names))}')
    made = {
        names[name]: value_from(value, bare(hints[names[name]])) for name, value in given.items() if value is not None
    }
    return kind(**made)


def value_from(value: Any, hint: Any) -> Any:
    """One property as its type."""
    for option in options_of(hint):
        if isinstance(option, type) and is_dataclass(option):
            return object_from(value, Auth if issubclass(option, Auth) else option)
    return value if isinstance(value, list) else convert(to_text(value), hint, written_as_expression=False)


def camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
