"""Expressions that a real Kestra rendered: the same text, value or refusal here.

`expressions.yaml` and `expressions-typed.yaml` are copied by `make recordings`; `own-expressions.yaml` is this project's own.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tools.conformance import NOT_YET_DONE, patterns_of

from flowrun.template import TemplateError, evaluate, render

DATA = Path(__file__).parent / "data"
WAITING = patterns_of(NOT_YET_DONE.read_text(encoding="utf-8"))


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of a file, but for those that take more than the language and those that wait."""
    found = YAML(typ="safe").load((DATA / name).read_text(encoding="utf-8"))
    return [one for one in found if "needs" not in one and not waits(one["id"])]


def waits(name: str) -> bool:
    return any(fnmatchcase(f"expr/{name}", pattern) for pattern in WAITING)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def same(left: Any, right: Any) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@pytest.mark.parametrize("vector", vectors("expressions.yaml"), ids=lambda one: one["id"])
def test_an_expression_renders_as_on_kestra(vector: dict[str, Any]) -> None:
    context = vector.get("context") or {}
    if "expect_error" in vector:
        with pytest.raises(TemplateError):
            render(vector["template"], context)
        return
    rendered = render(vector["template"], context)
    if "expect_match" in vector:
        assert re.search(vector["expect_match"], rendered)
    else:
        assert rendered == vector["expect"]


@pytest.mark.parametrize("vector", vectors("expressions-typed.yaml"), ids=lambda one: one["id"])
def test_an_expression_keeps_its_type_as_on_kestra(vector: dict[str, Any]) -> None:
    context = vector.get("context") or {}
    if "expect_error" in vector:
        with pytest.raises(TemplateError):
            evaluate(vector["template"], context)
        return
    assert same(plain(evaluate(vector["template"], context)), vector["expect"])


@pytest.mark.parametrize("vector", vectors("own-expressions.yaml"), ids=lambda one: one["id"])
def test_an_expression_of_our_own_is_answered_as_on_kestra(vector: dict[str, Any]) -> None:
    context = vector.get("context") or {}
    if "expect_error" in vector:
        with pytest.raises(TemplateError) as refusal:
            render(vector["template"], context)
        assert vector["expect_error"] is True or vector["expect_error"] in str(refusal.value)
    elif "expect_type" in vector:
        assert same(plain(evaluate(vector["template"], context)), vector["expect"])
    else:
        assert render(vector["template"], context) == vector["expect"]
