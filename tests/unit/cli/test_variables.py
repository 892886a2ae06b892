"""Files of `--secrets-file` and `--env-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowrun.cli.variables import read_envs, read_secrets
from flowrun.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

LINES = """# a comment
PASS=s3cr3t
export TOKEN = a b   # and a comment
QUOTED='# $x \\n'
DOUBLE="line1\\nline2 \\"x\\""
HASH=a#b

EMPTY=
"""


def test_lines_are_names_and_texts(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    file.write_text(LINES)
    assert read_secrets([file]) == {
        "PASS": "s3cr3t",
        "TOKEN": "a b",
        "QUOTED": "# $x \\n",
        "DOUBLE": 'line1\nline2 "x"',
        "HASH": "a#b",
        "EMPTY": "",
    }


def test_a_map_gives_the_texts_of_its_values(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yaml"
    file.write_text("PASS: s3cr3t\nPORT: 8080\nON: true\n")
    assert read_secrets([file]) == {"PASS": "s3cr3t", "PORT": "8080", "ON": "true"}


def test_the_later_file_counts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two.json"
    one.write_text("A=1\nB=1\n")
    two.write_text('{"B": "2"}')
    assert read_secrets([one, two]) == {"A": "1", "B": "2"}


def test_names_of_envs_are_as_templates_see_them(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("ENV_CITY=Oslo\nCountry=NO\n")
    assert read_envs([file]) == {"city": "Oslo", "country": "NO"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.env", "s3cr3t"), ("a.yaml", "A: [s3cr3t]"), ("a.yaml", "- s3cr3t"), ("b.json", '{"A": null}')],
)
def test_a_broken_file_is_refused_without_what_it_holds(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_secrets([file])
    assert "s3cr3t" not in f"{refused.value} {refused.value.hint}"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_secrets([tmp_path / "nope"])
