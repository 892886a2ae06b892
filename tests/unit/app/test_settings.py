"""The settings of a folder: `flowrun.toml`, or `[tool.flowrun]` of `pyproject.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowrun.app import flows
from flowrun.app.settings import Settings, settings_for
from flowrun.diagnostics import Severity
from flowrun.errors import UsageError
from flowrun.loading.source import read_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    file = tmp_path / "deep" / "flow.yaml"
    file.parent.mkdir()
    file.write_text("id: a\nnamespace: b\ntasks:\n  - {id: t, type: com.acme.Task, text: '{{ nope | uper }}'}\n")
    return file


def codes(flow: Path) -> list[tuple[str, str]]:
    return [(one.severity.value, one.code) for one in flows.check(read_source(str(flow)))]


def test_without_a_file_there_are_no_settings(flow: Path) -> None:
    assert settings_for(str(flow)) == Settings()


def test_the_nearest_file_counts(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "flowrun.toml").write_text('types = ["com.far."]')
    (tmp_path / "deep" / "pyproject.toml").write_text('[tool.flowrun]\ntypes = ["com.near."]')
    assert settings_for(str(flow)).types == ("com.near.",)


def test_a_pyproject_without_a_section_is_passed_over(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "flowrun.toml").write_text('types = ["com.far."]')
    (tmp_path / "deep" / "pyproject.toml").write_text("[project]\nname = 'x'")
    assert settings_for(str(flow)).types == ("com.far.",)


def test_other_types_are_unknown(flow: Path) -> None:
    assert ("error", "unknown-type") in codes(flow)


def test_types_of_one_s_own_are_like_those_of_plugins(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "flowrun.toml").write_text('types = ["com.acme."]')
    assert codes(flow) == [("note", "plugin-type"), ("warning", "unknown-function")]


def test_a_rule_gets_the_severity_that_is_asked_for(flow: Path, tmp_path: Path) -> None:
    (tmp_path / "flowrun.toml").write_text(
        'types = ["com.acme.Task"]\n[rules]\nunknown-function = "note"\nplugin-type = "off"'
    )
    assert settings_for(str(flow)).rules == {"unknown-function": Severity.NOTE, "plugin-type": None}
    assert codes(flow) == [("note", "unknown-function")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("typs = []", "there is no setting `typs`"),
        ("types = 'x'", "`types` must be a list"),
        ("rules = 3", "`rules` must be a table"),
        ("[rules]\nunused-ignore = 'loud'", "the rule `unused-ignore` cannot be 'loud'"),
        ("[rules]\nunused-inptu = 'off'", "there is no rule `unused-inptu`"),
        ("types = [", "cannot read"),
    ],
)
def test_a_mistake_in_the_settings_is_a_usage_error(flow: Path, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "flowrun.toml").write_text(text)
    with pytest.raises(UsageError, match=words):
        settings_for(str(flow))
