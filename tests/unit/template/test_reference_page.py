"""`docs/expressions.md` names everything there is, and its examples give what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flowrun.template import NoHost, TemplateError, limits, render
from flowrun.template.filters import GROUP_OF
from flowrun.template.functions import FUNCTIONS
from flowrun.template.parser import BINARY, TAGS, UNARY
from flowrun.template.tests import TESTS

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^- `([^`]+)`: (.*)$", re.MULTILINE)
EXAMPLE = re.compile(r"`(\{[{%].*[%}]\})` → `(.*)`$")
IN_TEXT = re.compile(r"`([^`]*\{\{[^`]*)` gives `([^`]*)`")
WITHOUT_EXAMPLE = {"parent"}
FILES = {"a.txt": "hi"}


class DescribedRun(NoHost):
    """The run of the page: a secret, a key, a file, an error, another flow, a page of the web."""

    def secret(self, key: str, **_options: Any) -> Any:
        return {"TOKEN": "s3cr3t"}[key]

    def kv(self, key: str, **_options: Any) -> Any:
        return {"k": 42}[key]

    def read(self, path: str, **_options: Any) -> str:
        return FILES[path]

    def file_size(self, path: str, **_options: Any) -> int:
        return len(FILES[path])

    def file_exists(self, path: str, **_options: Any) -> bool:
        return path in FILES

    def is_file_empty(self, path: str, **_options: Any) -> bool:
        return not FILES[path]

    def error_logs(self) -> list[Any]:
        return [{"message": "no rows"}]

    def subflow(self, namespace: str, id: str, **_options: Any) -> Any:  # noqa: A002 - as in `Host`
        return {("team.data", "other"): {"n": 1}}[namespace, id]

    def http(self, uri: str, **_options: Any) -> Any:
        return {"https://example.com/n": {"n": 1}}[uri]


VARIABLES: dict[str, dict[str, Any]] = {
    "fileURI": {"flow": {"namespace": "team.data"}},
    "tasksWithState": {"tasks": {"load": {"state": "SUCCESS"}}},
    "currentEachOutput": {
        "outputs": {"load": {"a": {"rows": 1}, "b": {"rows": 2}}},
        "parents": [],
        "taskrun": {"value": "b"},
    },
}


def entries(section: str) -> dict[str, str]:
    """What is listed under a heading, with what is said of it."""
    return dict(ENTRY.findall(PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]))


SECTIONS = {
    "Operators": {*BINARY, *UNARY},
    "Tags": {*TAGS, "verbatim", "raw"},
    "Filters": set(GROUP_OF),
    "Functions": set(FUNCTIONS),
    "Tests": {*TESTS, "defined"},
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_lists_all_that_there_is(section: str) -> None:
    assert set(entries(section)) == SECTIONS[section]


ALL = [(section, name, told) for section in SECTIONS for name, told in entries(section).items()]


@pytest.mark.parametrize(("section", "name", "told"), ALL, ids=[f"{section} {name}" for section, name, _ in ALL])
def test_an_example_gives_what_the_page_says(section: str, name: str, told: str) -> None:
    example = EXAMPLE.search(told)
    assert (example is None) == (name in WITHOUT_EXAMPLE)
    if example:
        source, expected = example.groups()
        assert name in source
        assert render(source, VARIABLES.get(name, {}), DescribedRun()) == expected


@pytest.mark.parametrize("name", ["secret", "kv", "read", "fileSize", "fileExists", "isFileEmpty", "subflow", "http"])
def test_what_a_run_answers_is_refused_without_one(name: str) -> None:
    example = EXAMPLE.search(entries("Functions")[name])
    assert example
    with pytest.raises(TemplateError):
        render(example[1], {})


@pytest.mark.parametrize(("source", "expected"), IN_TEXT.findall(PAGE))
def test_what_the_text_says_that_something_gives_is_so(source: str, expected: str) -> None:
    assert render(source, {}) == expected


def test_the_page_tells_the_limits() -> None:
    told = PAGE.partition("\n## Limits\n")[2].partition("\n## ")[0]
    for limit in (
        limits.LONGEST_TEMPLATE,
        limits.MOST_STEPS,
        limits.LONGEST_TEXT,
        limits.LONGEST_LIST,
        limits.HEAVIEST,
    ):
        assert f"{limit:,}" in told


def test_what_is_said_of_missing_variables_is_so() -> None:
    assert render("{{ (ghost ?? 0) + 1 }}", {}) == "1"
    with pytest.raises(TemplateError):
        render("{{ (ghost + 1) ?? 0 }}", {})
