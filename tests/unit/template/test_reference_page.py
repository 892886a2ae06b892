"""`docs/expressions.md` names everything there is, and its examples give what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowrun.template import render
from flowrun.template.filters import GROUP_OF
from flowrun.template.functions import FUNCTIONS
from flowrun.template.tests import TESTS

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^- `(\w+)`: .*? `(\{[{%].*[%}]\})` → `(.*)`$", re.MULTILINE)
VARIABLES = {"flow": {"namespace": "team.data"}, "tasks": {"load": {"state": "SUCCESS"}}}


def documented(section: str) -> set[str]:
    """The names listed under a heading."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^- `(\w+)`: ", text, re.MULTILINE))


def test_every_filter_is_documented() -> None:
    assert documented("Filters") == set(GROUP_OF)


def test_every_function_is_documented() -> None:
    assert documented("Functions") == set(FUNCTIONS)


def test_every_test_is_documented() -> None:
    assert documented("Tests") == {*TESTS, "defined"}


@pytest.mark.parametrize(("name", "source", "expected"), EXAMPLE.findall(PAGE))
def test_an_example_gives_what_the_page_says(name: str, source: str, expected: str) -> None:
    variables = VARIABLES if name in ("fileURI", "tasksWithState") else {}
    assert render(source, variables) == expected
