"""`flowrun.toml`, or `[tool.flowrun]` of `pyproject.toml`: the nearest one at or above a flow file.

types = ["com.acme.", "io.kestra.plugin.mine.Task"]   # types of your own; one that ends with a point is a package

[rules]
unused-input = "off"                                  # or "note", "warning", "error"
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from flowrun.diagnostics import Severity, did_you_mean
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

OFF = "off"
KEYS = ("types", "rules")
LEVELS = (OFF, *(str(severity.value) for severity in Severity))
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """`types`: names, or packages (ending with a point), that exist although flowrun does not know them.

    `rules`: for each code the severity that it is to have, None for one that is not to be reported.
    """

    types: tuple[str, ...] = ()
    rules: Mapping[str, Severity | None] = field(default_factory=dict)


def settings_for(name: str) -> Settings:
    """The settings for a file; for `<stdin>` and the like those of the current folder. Raises `UsageError`."""
    folder = os.path.dirname(name) if os.path.isfile(name) else ""  # noqa: PTH113, PTH120 (as in `read_source`)
    return settings_of(os.path.abspath(folder))  # noqa: PTH100


@cache
def settings_of(folder: str) -> Settings:
    """The settings of a folder: its own, else those of the folder above."""
    for file, section in (("flowrun.toml", None), ("pyproject.toml", "flowrun")):
        path = os.path.join(folder, file)  # noqa: PTH118
        try:
            with open(path, "rb") as opened:  # noqa: PTH123
                document = parsed(opened.read(MAX_BYTES), path)
        except (FileNotFoundError, NotADirectoryError, PermissionError, IsADirectoryError):
            continue
        if section is not None:
            tools = document.get("tool")
            document = tools.get(section) if isinstance(tools, dict) else None
        if document is not None:
            return checked(document, path)
    above = os.path.dirname(folder)  # noqa: PTH120
    return Settings() if above == folder else settings_of(above)


def parsed(data: bytes, path: str) -> Any:
    """The TOML document in these bytes."""
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except ValueError as problem:
        raise UsageError(f"cannot read `{path}`: {problem}") from problem


def checked(document: Any, path: str) -> Settings:
    """The settings in a document, every key and value looked at."""
    if not isinstance(document, dict):
        raise UsageError(f"{path}: `tool.flowrun` must be a table")
    for key in document:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"there are `{'` and `'.join(KEYS)}`"
            raise UsageError(f"{path}: there is no setting `{key}`", hint=hint)
    from flowrun.loading.rules import RULES

    types, rules = document.get("types", []), document.get("rules", {})
    if not isinstance(types, list) or not all(isinstance(one, str) and one for one in types):
        raise UsageError(f"{path}: `types` must be a list of type names")
    if not isinstance(rules, dict):
        raise UsageError(f"{path}: `rules` must be a table of codes and severities")
    for code, level in rules.items():
        if code not in RULES:
            raise UsageError(f"{path}: there is no rule `{code}`", hint=did_you_mean(code, RULES))
        if level not in LEVELS:
            hint = f"it is one of {', '.join(LEVELS)}"
            raise UsageError(f"{path}: the rule `{code}` cannot be {level!r}", hint=hint)
    return Settings(tuple(types), {code: None if level == OFF else Severity(level) for code, level in rules.items()})
