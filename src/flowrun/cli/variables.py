"""Files of `--secrets-file` and `--env-file`, and `.secrets`: names and texts, as a YAML or JSON map or as lines `NAME=value`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.cli.inputs import read_map, read_text
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NEARBY = ".secrets"
"""The file whose secrets are read without being asked, as lines."""
MAPS = (".yaml", ".yml", ".json")
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*?)\s*")
QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:\s#.*)?""")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_secrets(files: Sequence[Path]) -> dict[str, str]:
    """Secrets by key; of two files the later one counts. Raises `UsageError`."""
    return {name: text for file in files for name, text in read_variables(file).items()}


def nearby_secrets(flow_file: str, note: Callable[[str], None]) -> dict[str, str]:
    """The secrets of the file `.secrets` beside a flow file, else of that in the current folder, by key; none without one.

    `note` hears which file it was. Raises `UsageError`.
    """
    path = nearby(flow_file)
    if path is None:
        return {}
    note(f"secrets are taken from {path}")
    return read_variables(path)


def nearby(flow_file: str) -> Path | None:
    """The file `.secrets` that belongs to a flow file."""
    candidates = (Path(flow_file).parent / NEARBY, Path(NEARBY))
    return next((path for path in candidates if path.is_file()), None)


def read_envs(files: Sequence[Path]) -> dict[str, str]:
    """What templates see as `envs`: names in lower case, `ENV_` in front of one left out. Raises `UsageError`."""
    given = {name: text for file in files for name, text in read_variables(file).items()}
    return {name.removeprefix("ENV_").lower(): text for name, text in given.items()}


def read_variables(path: Path) -> dict[str, str]:
    """The names and texts of one file. Raises `UsageError`."""
    if path.suffix not in MAPS:
        return from_lines(path)
    given = read_map(path)
    for name, value in given.items():
        if isinstance(value, dict | list) or value is None:
            raise UsageError(f"{path}: the value of `{name}` must be a text")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def from_lines(path: Path) -> dict[str, str]:
    """Lines `NAME=value`: blank ones and those with `#` in front are left out, quotes are taken off. Raises `UsageError`."""
    given = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if found is None:  # the line itself is not shown: it may hold a secret
            raise UsageError(f"{path}:{number}: not of the form NAME=value", hint="a YAML map needs the suffix .yaml")
        given[found[1]] = unquoted(found[2])
    return given


def unquoted(value: str) -> str:
    """A value as it is meant: in `'…'` as it stands, in `"…"` with escapes, else up to a comment."""
    if found := QUOTED.fullmatch(value):
        if found[1] is not None:
            return found[1]
        return re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), found[2])
    return re.sub(r"\s+#.*", "", value)
