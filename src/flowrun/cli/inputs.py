"""The raw inputs of a run, from everything that may give one.

Weight, from the heaviest: `--input`, `--inputs-file` (the last one first), `FLOWRUN_INPUT_<ID>`; what none of
them gives is asked for on a terminal, or is left to the flow's default.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from flowrun.diagnostics import did_you_mean
from flowrun.engine.inputs import flatten
from flowrun.errors import UsageError
from flowrun.model.inputs import FileInput, Input
from flowrun.template.limits import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowrun.model.flow import Flow

VARIABLE = "FLOWRUN_INPUT_"

STDIN = "/dev/stdin"


def declared_inputs(flow: Flow) -> dict[str, Input]:
    """The flow's inputs by id; those of a FORM as `form.child`."""
    return {one.id: one for one in flatten(flow.inputs or ())}


def gather_inputs(
    flow: Flow, pairs: Sequence[str], files: Sequence[Path], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Everything that was given, under the ids that it was given for. Raises `UsageError`.

    An id that the flow does not declare is refused in `pairs`; from elsewhere it is passed on, as the
    execution's log warns of it.
    """
    declared = declared_inputs(flow)
    given = from_environment(declared, environment)
    for file in files:
        given |= flat(read_map(file), declared)
    return given | from_pairs(pairs, declared)


def from_pairs(pairs: Sequence[str], declared: Mapping[str, Input]) -> dict[str, Any]:
    """Inputs from `ID=VALUE`; a later one goes over an earlier one."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, value = split_pair(pair, "--input")
        if name not in declared:
            inputs = f"its inputs are {', '.join(declared)}" if declared else "it declares none"
            hint = did_you_mean(name, declared) or inputs
            raise UsageError(f"the flow has no input `{name}`", hint=hint)
        given[name] = read_value(value, is_file=isinstance(declared[name], FileInput))
    return given


def split_pair(pair: str, option: str) -> tuple[str, str]:
    """`KEY=VALUE` in two. Raises `UsageError`."""
    key, equals, value = pair.partition("=")
    if not equals or not key:
        raise UsageError(f"`{option} {pair}` is not of the form KEY=VALUE")
    return key, value


def read_value(value: str, *, is_file: bool = False) -> str:
    """A value as given: text, `@FILE`, `-` for the standard input, `@@…` for a text that begins with `@`.

    An input of type FILE takes the path itself, and for `-` that of the standard input.
    """
    if value == "-":
        return STDIN if is_file else bounded(sys.stdin, "the standard input")
    if value.startswith("@@"):
        return value[1:]
    if not value.startswith("@"):
        return value
    return value[1:] if is_file else read_text(Path(value[1:]))


def read_text(path: Path) -> str:
    """The text of a file that an option names. Raises `UsageError`."""
    try:
        with path.open(encoding="utf-8") as file:
            return bounded(file, f"`{path}`")
    except UnicodeDecodeError as problem:
        raise UsageError(f"`{path}` is not UTF-8 text") from problem
    except OSError as problem:
        raise UsageError(f"cannot read `{path}`: {problem.strerror}") from problem


def bounded(stream: TextIO, name: str) -> str:
    """All that a stream gives, if that can be held in memory. Raises `UsageError`, and what reading raises."""
    text = stream.read(LONGEST_TEXT + 1)
    if len(text) > LONGEST_TEXT:
        hint = "an input of type FILE takes a file of any size"
        raise UsageError(f"{name} has more than {LONGEST_TEXT} characters", hint=hint)
    return text


def flat(given: Mapping[str, Any], declared: Mapping[str, Input]) -> dict[str, Any]:
    """Maps that stand for inputs with a dot in their id, or those of a FORM, as these: `db: {host: x}` as `db.host`."""
    result: dict[str, Any] = {}
    for name, value in given.items():
        inside = f"{name}."
        if name not in declared and isinstance(value, dict) and any(one.startswith(inside) for one in declared):
            result |= flat({f"{inside}{key}": item for key, item in value.items()}, declared)
        else:
            result[name] = value
    return result


def read_map(path: Path) -> dict[str, Any]:
    """A map in YAML or JSON, of a file or (`-`) the standard input. Raises `UsageError`."""
    text = bounded(sys.stdin, "the standard input") if path == Path("-") else read_text(path)
    return map_in(text, str(path))


def map_in(text: str, name: str) -> dict[str, Any]:
    """The map that a text in YAML or JSON holds; `name` is that of the text. Raises `UsageError`."""
    from flowrun.loading.parse import parse
    from flowrun.loading.tree import Mapping as Tree
    from flowrun.loading.tree import plain

    parsed = parse(text)
    if parsed.diagnostics:
        first = parsed.diagnostics[0]
        place = f":{first.span.line}:{first.span.column}" if first.span else ""
        raise UsageError(f"{name}{place}: {first.message}")
    if parsed.root is None:
        return {}
    if not isinstance(parsed.root, Tree):
        raise UsageError(f"`{name}` does not hold a map", hint="write one line `id: value` for each entry")
    return dict(plain(parsed.root))


def from_environment(declared: Mapping[str, Input], environment: Mapping[str, str]) -> dict[str, Any]:
    """Inputs from `FLOWRUN_INPUT_<ID>`. Raises `UsageError` for a variable that could mean two inputs."""
    ids: dict[str, list[str]] = {}
    for one in declared:
        ids.setdefault(variable_name(one), []).append(one)
    given: dict[str, Any] = {}
    for variable in (name for name in environment if name.startswith(VARIABLE)):
        meant = ids.get(variable, [variable.removeprefix(VARIABLE).lower()])
        if len(meant) > 1:
            both = " and ".join(f"`{one}`" for one in meant)
            raise UsageError(f"{variable} could mean the inputs {both}", hint="give them with --input")
        given[meant[0]] = environment[variable]
    return given


def variable_name(input_id: str) -> str:
    """`due-date` is given by `FLOWRUN_INPUT_DUE_DATE`."""
    return VARIABLE + re.sub(r"[^A-Z0-9]", "_", input_id.upper())
