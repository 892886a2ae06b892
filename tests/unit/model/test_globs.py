"""Patterns for paths, as Java reads them."""

from __future__ import annotations

import pytest

from flowrun.errors import TaskFailed
from flowrun.model.globs import compiled

MATCHES = [
    ("*.txt", "a.txt", True),
    ("*.txt", "d/a.txt", False),
    ("**.txt", "d/a.txt", True),
    ("**/*.txt", "d/e/a.txt", True),
    ("**/*.txt", "a.txt", False),
    ("d/**", "d/e/a", True),
    ("d/**", "d", False),
    ("?.txt", "a.txt", True),
    ("?.txt", "/.txt", False),
    ("{a,b}.txt", "b.txt", True),
    ("{a,b}.txt", "c.txt", False),
    ("[a-c].txt", "b.txt", True),
    ("[!a-c].txt", "b.txt", False),
    ("[!a-c].txt", "d.txt", True),
    (r"\*.txt", "*.txt", True),
    (r"\*.txt", "a.txt", False),
    ("a.txt", "aXtxt", False),
    (".hid", ".hid", True),
    ("*", ".hid", True),
    ("glob:**/c", "d/c", True),
    (r"regex:.*b\.txt", "d/b.txt", True),
    (r"regex:b\.txt", "d/b.txt", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_a_pattern_matches_whole_paths(pattern: str, path: str, expected: bool) -> None:
    assert (compiled(pattern).fullmatch(path) is not None) is expected


@pytest.mark.parametrize("pattern", ["[.txt", "[a/b]", "regex:(", "{a"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(TaskFailed):
        compiled(pattern)
