"""The functions, by name (spec, 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from flowrun.errors import TemplateError
from flowrun.template.callables import Arguments, Failure, Function
from flowrun.template.hash_order import hash_ordered
from flowrun.template.limits import LimitReached, check_elements
from flowrun.template.values import (
    Char,
    Long,
    cast_text,
    class_name,
    is_list,
    is_long,
    is_map,
    is_number,
    is_text,
    java_int,
    java_long,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrun.template.callables import RenderContext


def extreme(wins: Callable[[float, float], bool]) -> Function:
    """`max` and `min`: compared as doubles, the original argument returned, the first of equals."""

    def call(arguments: Arguments, _context: RenderContext) -> Any:
        best: Any = None
        for value in (value for key, value in arguments.items() if key.isdigit() and value is not None):
            if best is None or wins(operand(value), operand(best)):
                best = value
        return best

    return Function(call)


def operand(value: Any) -> float:
    """What `max` and `min` compare."""
    if not is_number(value):
        raise Failure(f"class {class_name(value)} cannot be cast to class java.lang.Number")
    return float(value)


def range_function(arguments: Arguments, _context: RenderContext) -> list[Any]:
    increment = arguments.get("increment")
    return make_range(arguments.get("start"), arguments.get("end"), 1 if increment is None else increment)


def make_range(start: Any, end: Any, increment: Any) -> list[Any]:
    """All numbers or characters from `start` to `end`, both included."""
    if not is_number(increment):
        raise Failure(f"The increment of the range function must be a number {to_text(increment)}")
    step = int(increment)
    if step == 0:
        raise Failure("The increment of the range function must be different than 0")
    if is_number(start) and is_number(end):
        return list(map(Long, steps(java_long(start), java_long(end), step)))
    if all(is_text(side) and len(side) == 1 for side in (start, end)):
        return [Char(chr(code)) for code in steps(ord(start), ord(end), step)]
    raise Failure("Arguments of range function must be of type Number or String with a length of 1")


def steps(start: int, end: int, step: int) -> range:
    numbers = range(start, end + (1 if step > 0 else -1), step)
    check_elements(len(numbers))
    return numbers


def now(arguments: Arguments, context: RenderContext) -> Any:
    from flowrun.template.filters.dates import FILTERS

    return FILTERS["date"].apply(context.host.now(), arguments, context)


def from_json(name: str) -> Function:
    def call(arguments: Arguments, _context: RenderContext) -> Any:
        from flowrun.template.json_text import JsonProblem, read_first

        text = text_argument(arguments, name, "json")
        try:
            return None if text is None else read_first(text)
        except JsonProblem as problem:
            raise Failure(f"Invalid json: {problem}") from problem

    return Function(call, ("json",), required=1)


def text_argument(arguments: Arguments, function: str, name: str) -> str | None:
    """The one text that a function needs; null stays null."""
    if name not in arguments:
        raise Failure(f"The '{function}' function expects an argument '{name}'.")
    value = arguments[name]
    if value is not None and not is_text(value):
        raise Failure(f"The '{function}' function expects an argument '{name}' with type string.")
    return value  # type: ignore[no-any-return]


def yaml(arguments: Arguments, _context: RenderContext) -> Any:
    from flowrun.template.yaml_text import read

    text = text_argument(arguments, "yaml", "yaml")
    if text is None:
        raise Failure("The 'yaml' function expects an argument 'yaml' with type string.")
    return read(text)


def from_ion(arguments: Arguments, _context: RenderContext) -> Any:
    from flowrun.template.ion_text import read

    text = text_argument(arguments, "fromIon", "ion")
    if text is None:
        return None
    all_rows = arguments.get("allRows", False)
    if not isinstance(all_rows, bool):
        raise Failure(f"class {class_name(all_rows)} cannot be cast to class java.lang.Boolean")
    return read(text, all_rows=all_rows)


def render(arguments: Arguments, context: RenderContext) -> Any:
    if "toRender" not in arguments:
        raise Failure("The 'render' function expects an argument 'toRender'.")
    recursive = arguments.get("recursive")
    if recursive is None:
        recursive = True
    if not isinstance(recursive, bool):
        raise Failure("The 'render' function expects an optional argument 'recursive' with type boolean.")
    return rendered(arguments["toRender"], context, recursive=recursive)


def render_once(arguments: Arguments, context: RenderContext) -> Any:
    if "toRender" not in arguments:
        raise Failure("The 'render' function expects an argument 'toRender'.")
    return rendered(arguments["toRender"], context, recursive=False)


MOST_PASSES: Final = 100


def rendered(value: Any, context: RenderContext, *, recursive: bool) -> Any:
    """A text rendered once, or until it no longer changes; in lists and maps every text."""
    if is_map(value):
        return {
            rendered(key, context, recursive=recursive): rendered(item, context, recursive=recursive)
            for key, item in value.items()
        }
    if is_list(value):
        return [rendered(item, context, recursive=recursive) for item in value]
    if not is_text(value):
        return value
    text = value
    for _ in range(MOST_PASSES):
        before, text = text, once(text, context)
        if not recursive or text == before:
            return text
    raise Failure("Too many rendering attempts")


def once(text: str, context: RenderContext) -> str:
    try:
        return context.render(text)
    except TemplateError as problem:
        if problem.kind == "limit":
            raise LimitReached(problem.message) from problem
        failure = Failure(f"{problem.message} (?:?)")
        failure.told = True
        raise failure from problem


def print_context(_arguments: Arguments, context: RenderContext) -> Any:
    visible = context.visible()
    return hash_ordered([(name, visible[name]) for name in visible])


def uuid(_arguments: Arguments, context: RenderContext) -> str:
    from uuid import UUID

    return str(UUID(int=random_bits(context, 128), version=4))


def random_bits(context: RenderContext, bits: int) -> int:
    number = 0
    for _ in range(0, bits, 32):
        number = number << 32 | int(context.host.random() * 2**32)
    return number >> (-bits % 32)


BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(width, "0")


def short_id(_arguments: Arguments, context: RenderContext) -> str:
    return base62(random_bits(context, 128), 22)


def ksuid(_arguments: Arguments, context: RenderContext) -> str:
    """Seconds since 2014-05-13 and 128 random bits in 27 base-62 digits."""
    seconds = int(context.host.now().timestamp()) - 1_400_000_000
    return base62(seconds << 128 | random_bits(context, 128), 27)


NANO_ALPHABET: Final = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def nano_id(arguments: Arguments, context: RenderContext) -> str:
    wanted = arguments.get("length")
    length = int(wanted) if wanted is not None and is_long(wanted) else 21
    if length > 1000:
        raise Failure("The 'nanoId()' function field 'length' must be lower than: 1000")
    if length < 0:
        raise Failure(str(length))
    given = arguments.get("alphabet")
    alphabet = given if is_text(given) else NANO_ALPHABET
    if not alphabet:
        raise Failure("Index 0 out of bounds for length 0")
    return "".join(alphabet[int(context.host.random() * len(alphabet))] for _ in range(length))


def random_int(arguments: Arguments, context: RenderContext) -> Any:
    for name in ("lower", "upper"):
        if name not in arguments:
            raise Failure(f"The 'randomIn()' function expects an argument {name}")
        if not is_long(arguments[name]):
            raise Failure(f"The 'randomIn()' function expects an argument {name} of type Long.")
    lower, upper = arguments["lower"], arguments["upper"]
    if lower > upper:
        raise Failure("In 'randomIn()' upper is less than lower")
    return java_int(lower + int(context.host.random() * (upper - lower)))


def random_port(_arguments: Arguments, _context: RenderContext) -> int:
    from socket import socket

    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def file_uri(arguments: Arguments, context: RenderContext) -> str:
    path = arguments.get("path")
    if path is None:
        raise Failure("The 'fileURI' function expects an argument 'path' that is a path to a namespace file.")
    if not is_text(path):
        raise Failure(f"Unable to read the file {to_text(path)}")
    if "../" in path:
        raise Failure("Path must not contain '../'")
    flow = context.visible().get("flow")
    if not isinstance(flow, Mapping):
        raise Failure('Cannot invoke "java.util.Map.get(Object)" because "flow" is null')
    namespace, path = flow.get("namespace"), path.removeprefix("/")
    if namespace is None:
        raise Failure("namespace cannot be null")
    for place, char in enumerate(path):
        if char in ILLEGAL_IN_URI or char.isspace() or char < " ":
            start = "nsfile:///"
            raise Failure(f"Illegal character in path at index {len(start) + place}: {start}{path}")
    return f"kestra:///{namespace.replace('.', '/')}/_files/{path}"


ILLEGAL_IN_URI: Final = frozenset('"<>\\^`{|}[]')


def current_each_output(arguments: Arguments, context: RenderContext) -> Any:
    """The entry of a task's outputs for the current loop values, from the outermost to the own."""
    if "outputs" not in arguments:
        raise Failure("The 'currentEachOutput' function expects an argument 'outputs'.")
    if not is_map(arguments["outputs"]):
        raise Failure("The 'currentEachOutput' function expects an argument 'outputs' with type map.")
    visible = context.visible()
    parents = visible.get("parents")
    if parents is None:
        raise Failure('Cannot invoke "java.util.List.size()" because "parents" is null')
    found = arguments["outputs"]
    for holder in [*reversed(parents), visible]:
        run = holder.get("taskrun")
        if not is_map(run) or run.get("value") is None:
            continue
        found = found.get(run["value"]) if is_map(found) else None
    return found


def tasks_with_state(arguments: Arguments, context: RenderContext) -> list[Any]:
    """`{taskId, state[, value]}` of the task runs in a state."""
    if arguments.get("state") is None:
        raise Failure("The 'tasksWithState' function expects an argument 'state'.")
    wanted = cast_text(arguments["state"]).upper()
    found = []
    for task, item in (context.visible().get("tasks") or {}).items():
        runs = [(None, item)] if "state" in item else item.items()
        for value, run in runs:
            if to_text(run.get("state")) == wanted:
                of_loop = [] if value is None else [("value", value)]
                found.append(hash_ordered([("taskId", task), ("state", run["state"]), *of_loop]))
    return found


def block(arguments: Arguments, context: RenderContext) -> str:
    if "0" not in arguments:
        raise Failure("The 'block' function expects the name of a block: Index 0 out of bounds for length 0")
    name = arguments["0"]
    return "" if name is None else context.block(cast_text(name))


def parent(_arguments: Arguments, _context: RenderContext) -> Any:
    raise Failure("Can not use parent function if template does not extend another template.")


def encrypt(arguments: Arguments, _context: RenderContext) -> Any:
    from flowrun.template.encryption import encrypted

    return encrypted(*two_texts(arguments, "encrypt", "plaintext"))


def decrypt(arguments: Arguments, _context: RenderContext) -> Any:
    from flowrun.template.encryption import decrypted

    return decrypted(*two_texts(arguments, "decrypt", "encrypted"))


def two_texts(arguments: Arguments, function: str, second: str) -> tuple[str, str | None]:
    if "key" not in arguments or second not in arguments:
        raise Failure(f"The '{function}' function expects two arguments 'key' and '{second}'.")
    for name in ("key", second):
        if arguments[name] is not None and not is_text(arguments[name]):
            raise Failure(f"The '{function}' function expects an argument '{name}' with type string.")
    return arguments["key"], arguments[second]


STORED: Final = " that is a path to the internal storage URI"
WANTED: Final = {
    "read": " that is a path to a namespace file or an internal storage URI",
    **dict.fromkeys(("file_size", "file_exists", "is_file_empty"), STORED),
}


def asked(name: str, method: str, *parameters: str, required: int = 1) -> Function:
    """A function that only a run can answer: a method of the host, its arguments in snake case."""

    def call(arguments: Arguments, context: RenderContext) -> Any:
        for parameter in parameters[:required]:
            if arguments.get(parameter) is None:
                raise Failure(f"The '{name}' function expects an argument '{parameter}'{WANTED.get(method, '')}.")
        given = {snake_case(key): value for key, value in arguments.items() if value is not None}
        try:
            return getattr(context.host, method)(**given)
        except TemplateError as problem:
            raise Failure(problem.message) from problem

    return Function(call, parameters, required)


def snake_case(name: str) -> str:
    return "".join("_" + char.lower() if char.isupper() else char for char in name)


FUNCTIONS: Final[dict[str, Function]] = {
    "max": extreme(lambda value, best: value > best),
    "min": extreme(lambda value, best: value < best),
    "range": Function(range_function, ("start", "end", "increment"), required=2),
    "now": Function(now, ("format", "timeZone", "existingFormat", "locale")),
    "fromJson": from_json("fromJson"),
    "json": from_json("json"),
    "yaml": Function(yaml, ("yaml",), required=1),
    "fromIon": Function(from_ion, ("ion", "allRows"), required=1),
    "render": Function(render, ("toRender", "recursive"), required=1),
    "renderOnce": Function(render_once, ("toRender",), required=1),
    "printContext": Function(print_context),
    "fetchContext": Function(print_context),
    "uuid": Function(uuid),
    "id": Function(short_id),
    "ksuid": Function(ksuid),
    "nanoId": Function(nano_id, ("length", "alphabet")),
    "randomInt": Function(random_int, ("lower", "upper"), required=2),
    "randomPort": Function(random_port),
    "encrypt": Function(encrypt, ("key", "plaintext"), required=2),
    "decrypt": Function(decrypt, ("key", "encrypted"), required=2),
    "fileURI": Function(file_uri, ("path",), required=1),
    "currentEachOutput": Function(current_each_output, ("outputs",), required=1),
    "tasksWithState": Function(tasks_with_state, ("state",), required=1),
    "block": Function(block),
    "parent": Function(parent),
    "secret": asked("secret", "secret", "key", "namespace", "subkey", "full"),
    "kv": asked("kv", "kv", "key", "namespace", "errorOnMissing"),
    "read": asked("read", "read", "path", "namespace", "revision"),
    "fileSize": asked("fileSize", "file_size", "path", "namespace", "revision"),
    "fileExists": asked("fileExists", "file_exists", "path", "namespace", "revision"),
    "isFileEmpty": asked("isFileEmpty", "is_file_empty", "path", "namespace", "revision"),
    "errorLogs": asked("errorLogs", "error_logs", required=0),
    "subflow": asked("subflow", "subflow", "namespace", "id", "revision", "inputs", "labels", "timeout", required=2),
    "http": asked("http", "http", "uri", "method", "query", "body", "contentType", "headers", "options", "accept"),
}
