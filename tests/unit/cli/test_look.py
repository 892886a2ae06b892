"""When there is colour."""

from __future__ import annotations

import pytest

from flowrun.cli.look import ColorChoice, painter, wants_color


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_the_option_wins_then_the_environment_then_the_terminal(choice, environment, terminal, expected):
    assert wants_color(ColorChoice(choice), environment, terminal=terminal) is expected


def test_without_colour_paint_leaves_the_text_alone():
    assert painter(color=False)("error", "text") == "text"
    assert painter(color=True)("error", "text") == "\x1b[31m\x1b[1mtext\x1b[0m"
