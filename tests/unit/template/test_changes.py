"""What works in place is seen by the rest of the template, and never by the caller."""

from __future__ import annotations

import copy

import pytest

from flowrun.template import render

GIVEN = {"list": [3, 1, 2], "map": {"inner": [2, 1]}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ list | sort }} {{ list }}", "[1,2,3] [1,2,3]"),
        ("{{ list | reverse }} {{ list }}", "[2,1,3] [2,1,3]"),
        ("{{ map.inner | rsort }} {{ map }}", '[2,1] {"inner":[2,1]}'),
        ("{% set x = list %}{{ x | sort }} {{ list }}", "[1,2,3] [1,2,3]"),
        ("{{ list.add(9) }} {{ list }}", "true [3,1,2,9]"),
        ("{% set list = [] %}{{ list }}", "[]"),
    ],
)
def test_changes_stay_inside_of_one_rendering(source: str, expected: str) -> None:
    given = copy.deepcopy(GIVEN)
    assert render(source, given) == expected
    assert given == GIVEN
