"""Typed rendering: one print gives the value itself (spec, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from flowrun.template import evaluate


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ list }}", [1, 2]),
        ("{{ n }}{{ nil }}", 5),
        ("{{ n }}{{ n }}", "55"),
        ("{{ nil }}", None),
        ("", ""),
        ("{# nothing #}", None),
        ('{"a": {{ list }}}', {"a": [1, 2]}),
        ("{{ list }} tail", [1, 2]),
        ("x {{ list }}", "x [1,2]"),
        ('{"a": {{ n }}}', '{"a": 5}'),
        ("{% macro m() %}x{% endmacro %}{{ m() }}", "x"),
    ],
)
def test_the_number_of_pieces_decides_the_type(source: str, expected: Any) -> None:
    assert evaluate(source, {"list": [1, 2], "n": 5, "nil": None}) == expected
