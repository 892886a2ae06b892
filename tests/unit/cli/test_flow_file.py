"""Which file a FLOW means."""

from __future__ import annotations

import pytest

from flowrun.cli.flow_file import find_flow_file, flow_files
from flowrun.errors import UsageError


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hello.yaml").write_text("")
    (tmp_path / "flows" / "both.yml").write_text("")
    (tmp_path / "both.yml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("both.yml", "both.yml"),
        ("hello.yaml", "flows/hello.yaml"),
        ("hello", "flows/hello.yaml"),
        ("both", "flows/both.yml"),
        ("flows", "flows"),
        ("-", "-"),
    ],
)
def test_a_file_here_wins_over_the_flows_folder(here, name, path):
    assert find_flow_file(name) == path


@pytest.mark.parametrize("name", ["helo.yaml", "helo"])
def test_a_name_that_is_nothing_is_answered_with_the_nearest_file(here, name):
    with pytest.raises(UsageError, match=f"no flow file `{name}`") as refused:
        find_flow_file(name)
    assert refused.value.hint == "did you mean `hello.yaml`?"


def test_hidden_folders_and_other_suffixes_hold_no_flows(here):
    (here / ".git").mkdir()
    (here / ".git" / "x.yaml").write_text("")
    (here / "notes.txt").write_text("")
    assert [str(path.relative_to(here)) for path in flow_files(here, deep=True)] == [
        "both.yml",
        "flows/both.yml",
        "flows/hello.yaml",
    ]
