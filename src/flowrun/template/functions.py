"""The functions (spec, 6.2). Those that need a run ask the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template.callables import Arguments, Failure, Function, RenderContext
from flowrun.template.filters.text import cast_failure, cast_text
from flowrun.template.hash_order import hash_ordered, merge_capacity
from flowrun.template.values import (
    Char,
    Long,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    to_text,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ELEMENTS: Final = 1_000_000
MOST_PASSES: Final = 100
BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NANO_ALPHABET: Final = "_-" + BASE62
KSUID_EPOCH: Final = 1_400_000_000


# --- numbers


def _extreme(better: Callable[[float, float], bool]) -> Function:
    def call(args: Arguments, _ctx: RenderContext) -> Any:
        best: Any = None
        position = 0
        while str(position) in args:
            candidate = args[str(position)]
            if best is None:
                best = candidate
            elif candidate is not None:
                if not (is_number(best) and is_number(candidate)):
                    raise Failure("invalid operands for mathematical comparison [GREATER_THAN]")
                best = candidate if better(float(candidate), float(best)) else best
            position += 1
        return best

    return Function(call)


def range_(args: Arguments, _ctx: RenderContext) -> list[Any]:
    """Numbers or letters from start to end, both included."""
    start, end, step = args.get("start"), args.get("end"), args.get("increment", 1)
    if step is None:
        step = 1
    if not is_number(step):
        raise Failure(f"The increment of the range function must be a number {to_text(step)}")
    step = _whole(step)
    if step == 0:
        raise Failure("The increment of the range function must be different than 0")
    if is_number(start) and is_number(end):
        return [Long(number) for number in _steps(_whole(start), _whole(end), step)]
    if isinstance(start, str) and isinstance(end, str) and units(start) == units(end) == 1:
        return [Char(chr(code)) for code in _steps(ord(start), ord(end), step)]
    raise Failure("Arguments of range function must be of type Number or String with a length of 1")


def _steps(start: int, end: int, step: int) -> range:
    steps = range(start, end + (1 if step > 0 else -1), step)
    count = max(0, (end - start) // step + 1)
    if count > MOST_ELEMENTS:
        raise Failure(
            f"The range function cannot produce more than {MOST_ELEMENTS} elements, "
            f"but this call would produce {count}."
        )
    return steps


def _whole(number: Any) -> int:
    try:
        return int(number)
    except (ValueError, OverflowError):
        return 0 if number != number else 2**63 - 1 if number > 0 else -(2**63)  # noqa: PLR0124


# --- time, identifiers, chance


def now(args: Arguments, ctx: RenderContext) -> Any:
    """The present moment as text."""
    from flowrun.template.filters.dates import FILTERS

    return FILTERS["date"].apply(ctx.host.now(), args, ctx)


def _random_bits(ctx: RenderContext, bits: int) -> int:
    number = 0
    for _ in range(0, bits, 32):
        number = number << 32 | int(ctx.host.random() * 2**32)
    return number


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits or "0"


def uuid(_args: Arguments, ctx: RenderContext) -> str:
    """A random UUID."""
    from uuid import UUID

    return str(UUID(int=_random_bits(ctx, 128), version=4))


def short_id(_args: Arguments, ctx: RenderContext) -> str:
    """An id as executions have them."""
    return _base62(_random_bits(ctx, 128) | 1 << 127)


def ksuid(_args: Arguments, ctx: RenderContext) -> str:
    """An id whose order is that of time."""
    seconds = int(ctx.host.now().timestamp()) - KSUID_EPOCH
    return _base62(max(seconds, 0) << 128 | _random_bits(ctx, 128)).rjust(27, "0")


def nano_id(args: Arguments, ctx: RenderContext) -> str:
    """An id of a chosen length and alphabet."""
    length = args.get("length")
    length = Long(21) if length is None else length
    if not is_long(length):
        raise cast_failure(length, "java.lang.Long")
    if length > 1000:
        raise Failure("The 'nanoId()' function field 'length' must be lower than: 1000")
    if length < 0:
        raise Failure(str(int(length)))
    alphabet = args.get("alphabet")
    letters = NANO_ALPHABET if alphabet is None else cast_text(alphabet)
    if not letters:
        raise Failure("bound must be positive")
    return "".join(letters[int(ctx.host.random() * len(letters))] for _ in range(length))


def random_int(args: Arguments, ctx: RenderContext) -> Long:
    """A number from lower up to, but not, upper."""
    for name in ("lower", "upper"):
        if not is_long(args.get(name)):
            raise Failure(f"The 'randomIn()' function expects an argument {name} of type Long.")
    lower, upper = args["lower"], args["upper"]
    if upper < lower:
        raise Failure("In 'randomIn()' upper is less than lower")
    return Long(lower + int(ctx.host.random() * (upper - lower)))


def random_port(_args: Arguments, _ctx: RenderContext) -> int:
    """A port that is free now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- data


def _text_argument(function: str, name: str, args: Arguments) -> str | None:
    if name not in args:
        raise Failure(f"The '{function}' function expects an argument '{name}'.")
    value = args[name]
    if value is not None and not is_text(value):
        raise Failure(f"The '{function}' function expects an argument '{name}' with type string.")
    return None if value is None else str(value)


def from_json(args: Arguments, _ctx: RenderContext) -> Any:
    """The first JSON value of a text."""
    text = _text_argument("fromJson", "json", args)
    if text is None:
        return None
    import json

    stripped = text.lstrip(" \t\r\n")
    if not stripped:
        raise Failure("Invalid json: No content to map due to end-of-input")
    try:
        return json.JSONDecoder(parse_constant=_no_constant).raw_decode(stripped)[0]
    except (ValueError, RecursionError) as error:
        raise Failure(f"Invalid json: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")


def from_yaml(args: Arguments, _ctx: RenderContext) -> Any:
    """The first document of a YAML 1.1 text, aliases left as text."""
    text = _text_argument("yaml", "yaml", args)
    if text is None:
        raise Failure("The 'yaml' function expects an argument 'yaml' with type string.")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

    def value_of(event: Any) -> Any:
        if isinstance(event, ScalarEvent):
            return _yaml_scalar(event.value) if event.implicit[0] and not event.style else event.value
        if isinstance(event, AliasEvent):
            return event.anchor
        if isinstance(event, SequenceStartEvent):
            return [value_of(item) for item in iter(lambda: _inner(events), None)]
        pairs: dict[str, Any] = {}
        for key in iter(lambda: _inner(events), None):
            pairs[key.anchor if isinstance(key, AliasEvent) else str(key.value)] = value_of(next(events))
        return pairs

    events = iter(YAML(typ="safe", pure=True).parse(text))
    kinds = (AliasEvent, ScalarEvent, SequenceStartEvent, MappingStartEvent)
    try:
        first = next((event for event in events if isinstance(event, kinds)), None)
        if first is None:
            raise Failure("Invalid yaml: No content to map due to end-of-input")
        return value_of(first)
    except (YAMLError, AttributeError, ValueError, RecursionError, StopIteration) as error:
        raise Failure(f"Invalid yaml: {error}") from None


def _inner(events: Any) -> Any:
    """The next event of a collection; none at its end."""
    event = next(events)
    return None if type(event).__name__ in ("SequenceEndEvent", "MappingEndEvent") else event


def _yaml_scalar(text: str) -> Any:
    import re

    lowered = text.lower()
    if text in ("", "~") or (lowered == "null" and text in ("null", "Null", "NULL")):
        return None
    if lowered in ("true", "yes", "on", "false", "no", "off") and text in (lowered, lowered.title(), text.upper()):
        return lowered in ("true", "yes", "on")
    digits = text.replace("_", "")
    if re.fullmatch(r"[-+]?(?:0|[1-9][0-9]*)", digits):
        return int(digits)
    if re.fullmatch(r"[-+]?0[0-7]+", digits):
        return int(digits, 8)
    if re.fullmatch(r"[-+]?0x[0-9a-fA-F]+", digits):
        return int(digits, 16)
    if re.fullmatch(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", digits):
        return float(digits)
    return text


def from_ion(args: Arguments, _ctx: RenderContext) -> Any:
    """The first value of an Ion text, or all."""
    text = _text_argument("fromIon", "ion", args)
    if text is None:
        return None
    raise Failure("Invalid ion: this version does not read Ion")


# --- templates in values


def render(args: Arguments, ctx: RenderContext) -> Any:
    """Render a template held in a value, until nothing changes."""
    if "toRender" not in args:
        raise Failure("The 'render' function expects an argument 'toRender'.")
    recursive = args.get("recursive")
    if recursive is not None and not isinstance(recursive, bool):
        raise Failure("The 'render' function expects an optional argument 'recursive' with type boolean.")
    return _rendered(args["toRender"], ctx, recursive=recursive is not False)


def render_once(args: Arguments, ctx: RenderContext) -> Any:
    """Render a template held in a value, once."""
    if "toRender" not in args:
        raise Failure("The 'renderOnce' function expects an argument 'toRender'.")
    return _rendered(args["toRender"], ctx, recursive=False)


def _rendered(value: Any, ctx: RenderContext, *, recursive: bool) -> Any:
    if is_text(value):
        return _rendered_text(value, ctx, recursive=recursive)
    if is_list(value):
        return [_rendered_item(item, ctx, recursive=recursive) for item in value]
    if is_map(value):
        pairs: dict[Any, Any] = {}
        for key, item in value.items():
            name = _rendered_text(key, ctx, recursive=recursive) if is_text(key) else key
            pairs.setdefault(name, _rendered_item(item, ctx, recursive=recursive))
        return pairs
    return value


def _rendered_item(value: Any, ctx: RenderContext, *, recursive: bool) -> Any:
    """Inside a collection a template that writes nothing gives null."""
    rendered = _rendered(value, ctx, recursive=recursive)
    return None if rendered == "" and value != "" else rendered


def _rendered_text(text: str, ctx: RenderContext, *, recursive: bool) -> str:
    from flowrun.template.failures import TemplateError

    for _ in range(MOST_PASSES if recursive else 1):
        try:
            rendered = ctx.render(text)
        except TemplateError as error:
            raise Failure(str(error)) from None
        if rendered == text or not recursive:
            return rendered
        text = rendered
    raise Failure("Too many rendering attempts")


def visible(_args: Arguments, ctx: RenderContext) -> dict[Any, Any]:
    """Every variable, in hash order."""
    variables = ctx.visible()
    return hash_ordered(variables.items(), merge_capacity(0, 0))


# --- the run, as far as the variables tell it


def current_each_output(args: Arguments, ctx: RenderContext) -> Any:
    """The outputs of a looped task for the current values."""
    variables = ctx.visible()
    parents = variables.get("parents")
    if not is_list(parents):
        raise Failure('Cannot invoke "java.util.List.reversed()" because "parents" is null')
    found = args.get("outputs")
    for level in [*reversed(parents or []), variables]:
        taskrun = level.get("taskrun") if is_map(level) else None
        value = taskrun.get("value") if is_map(taskrun) else None  # type: ignore[union-attr]
        if value is not None:
            found = found.get(value) if is_map(found) else None  # type: ignore[union-attr]
    return found


def file_uri(args: Arguments, ctx: RenderContext) -> str:
    """The address of a namespace file."""
    path = args.get("path")
    if path is None:
        raise Failure("The 'fileURI' function expects an argument 'path' that is a path to a namespace file.")
    if not is_text(path):
        raise Failure(f"Unable to read the file {to_text(path)}")
    if "../" in path:
        raise Failure("Path must not contain '../'")
    flow = ctx.variables.get("flow")
    namespace = flow.get("namespace") if is_map(flow) else None  # type: ignore[union-attr]
    if namespace is None:
        raise Failure('Cannot invoke "java.util.Map.get(Object)" because "flow" is null')
    return f"kestra:///{to_text(namespace).replace('.', '/')}/_files/{path.removeprefix('/')}"


def tasks_with_state(args: Arguments, ctx: RenderContext) -> list[Any]:
    """The task runs in a state."""
    state = args.get("state")
    if state is None:
        raise Failure("The 'tasksWithState' function expects an argument 'state'.")
    wanted = to_text(state).upper()
    tasks = ctx.variables.get("tasks")
    found: list[dict[str, Any]] = []
    for task, entry in tasks.items() if is_map(tasks) else ():  # type: ignore[union-attr]
        if not is_map(entry):
            continue
        runs = [(None, entry)] if "state" in entry else list(entry.items())
        for value, run in runs:
            if is_map(run) and to_text(run.get("state")) == wanted:
                given = {"taskId": task, "state": wanted} | ({} if value is None else {"value": value})
                found.append(hash_ordered(given.items()))
    return found


# --- encryption


def _cipher(function: str, other: str, args: Arguments) -> tuple[str, Any]:
    if "key" not in args or other not in args:
        raise Failure(f"The '{function}' function expects two arguments 'key' and '{other}'.")
    text = args[other]
    return cast_text(args["key"]), text if text is None else cast_text(text)


def _aes(key: str) -> Any:
    from base64 import b64decode
    from importlib import import_module

    try:
        engine = import_module("cryptography.hazmat.primitives.ciphers.aead")
    except ImportError:
        raise Failure("'encrypt' and 'decrypt' need the package cryptography: pip install cryptography") from None
    try:
        return engine.AESGCM(b64decode(key, validate=True))
    except ValueError as error:
        raise Failure(str(error)) from None


def encrypt(args: Arguments, ctx: RenderContext) -> Any:
    """AES/GCM, base 64 of the initial vector and the cipher text."""
    from base64 import b64encode

    key, text = _cipher("encrypt", "plaintext", args)
    if not text:
        return text
    vector = _random_bits(ctx, 96).to_bytes(12, "big")
    return b64encode(vector + _aes(key).encrypt(vector, text.encode(), None)).decode()


def decrypt(args: Arguments, _ctx: RenderContext) -> Any:
    """The inverse of `encrypt`."""
    from base64 import b64decode
    from importlib import import_module

    key, text = _cipher("decrypt", "encrypted", args)
    if not text:
        return text
    cipher = _aes(key)
    invalid = import_module("cryptography.exceptions").InvalidTag
    try:
        data = b64decode(text, validate=True)
        return cipher.decrypt(data[:12], data[12:], None).decode()
    except (ValueError, invalid) as error:
        raise Failure("Tag mismatch" if isinstance(error, invalid) else str(error)) from None


def http(args: Arguments, ctx: RenderContext) -> Any:
    """The body of an HTTP response."""
    if args.get("uri") is None:
        raise Failure("The 'http' function expects an argument 'uri'.")
    return ctx.host.ask("http", args)


def parent(_args: Arguments, _ctx: RenderContext) -> Any:
    """Always refused: there are no template families."""
    raise Failure("Can not use parent function if template does not extend another template.")


def _asking(name: str, *parameters: str) -> Function:
    return Function(lambda args, ctx: ctx.host.ask(name, args), parameters)


FUNCTIONS: dict[str, Function] = {
    "max": _extreme(lambda candidate, best: candidate > best),
    "min": _extreme(lambda candidate, best: candidate < best),
    "range": Function(range_, ("start", "end", "increment")),
    "now": Function(now, ("format", "timeZone", "existingFormat", "locale")),
    "fromJson": Function(from_json, ("json",)),
    "json": Function(from_json, ("json",)),
    "yaml": Function(from_yaml, ("yaml",)),
    "fromIon": Function(from_ion, ("ion", "allRows")),
    "render": Function(render, ("toRender", "recursive")),
    "renderOnce": Function(render_once, ("toRender",)),
    "printContext": Function(visible),
    "fetchContext": Function(visible),
    "uuid": Function(uuid),
    "id": Function(short_id),
    "ksuid": Function(ksuid),
    "nanoId": Function(nano_id, ("length", "alphabet")),
    "randomInt": Function(random_int, ("lower", "upper")),
    "randomPort": Function(random_port),
    "encrypt": Function(encrypt, ("key", "plaintext")),
    "decrypt": Function(decrypt, ("key", "encrypted")),
    "secret": _asking("secret", "key", "namespace", "subkey", "full"),
    "kv": _asking("kv", "key", "namespace", "errorOnMissing"),
    "read": _asking("read", "path", "namespace", "revision"),
    "fileURI": Function(file_uri, ("path",)),
    "fileSize": _asking("fileSize", "path", "namespace"),
    "fileExists": _asking("fileExists", "path", "namespace"),
    "isFileEmpty": _asking("isFileEmpty", "path", "namespace"),
    "errorLogs": _asking("errorLogs"),
    "currentEachOutput": Function(current_each_output, ("outputs",)),
    "tasksWithState": Function(tasks_with_state, ("state",)),
    "http": Function(http, ("uri", "method", "query", "body", "contentType", "headers", "options", "accept")),
    "subflow": _asking("subflow", "namespace", "id", "revision", "inputs", "labels", "timeout"),
    "parent": Function(parent),
}
