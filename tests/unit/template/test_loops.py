"""What a body of `for` sees and writes, and where loops end."""

from __future__ import annotations

from typing import Any, Final

import pytest

from flowrun.template import TemplateError, evaluate, render
from flowrun.template.values import Char, Long

VARIABLES: Final[dict[str, Any]] = {
    "xs": [1, 2],
    "ys": ["a", None, "b"],
    "name": "given",
    "i": "outer",
    "map": {"k": 1, "l": 2},
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% for i in xs %}{{ i }}{% endfor %}{{ i }}", "12outer"),
        ("{% for i in xs %}{{ name }}{% endfor %}", "givengiven"),
        ("{% for i in xs %}{% for j in ys %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "1a 1 1b 2a 2 2b "),
        ("{% for i in xs %}{% for i in ys %}{{ i }}{% endfor %}{{ i }}{% endfor %}", "ab1ab2"),
        ("{% for i in xs %}{% set i = i + 1 %}{{ i }}{% endfor %}", "23"),
        ("{% for i in xs %}{% set name = i %}{{ name }}{% endfor %}{{ name }}", "122"),
        ("{% for i in [] %}{% else %}{{ i }}{% endfor %}", "outer"),
        ("{% for i in xs %}{% if loop.last %}{{ i }}{% endif %}{{ loop.index }}{% endfor %}", "021"),
        ("{% for loop in xs %}{{ loop }}{% endfor %}", "12"),
        ("{% for entry in map %}{{ entry.key }}{{ entry.value }}{{ loop.revindex }}{% endfor %}", "k11l20"),
        ("{% block b %}{{ i }}{% endblock %}{% for i in xs %}{{ block('b') }}{% endfor %}", "outer12"),
        ("{% macro m(i) %}{{ i }}{{ name ?? '-' }}{% endmacro %}{% for i in xs %}{{ m(i) }}{% endfor %}", "1-2-"),
        ("{% for i in xs %}{{ render('{{ i }}{{ loop.first }}') }}{% endfor %}", "1true2false"),
        ("{% for i in xs %}{% filter upper %}x{{ i }}{% endfilter %}{% endfor %}", "X1X2"),
    ],
)
def test_a_name_is_that_of_the_innermost_scope(source: str, expected: str) -> None:
    assert render(source, VARIABLES) == expected


@pytest.mark.parametrize("value", [7, Long(7), 2**70, 1.5, True, Char("c"), [1], {"a": 1}, "text"])
def test_a_loop_of_one_print_keeps_the_type(value: Any) -> None:
    result = evaluate("{% for x in xs %}{{ x }}{% endfor %}", {"xs": [value]})
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(1, 1000) %}{{ text }}{% endfor %}",
        "{% for i in range(1, 1000) %}" + "x" * 100_000 + "{% endfor %}",
        "{% for i in range(1, 1000) %}{% filter upper %}{{ text }}{% endfilter %}{% endfor %}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{% for i in range(1, 1000) %}{{ m(text) }}{% endfor %}",
    ],
)
def test_all_that_is_written_counts(source: str) -> None:
    with pytest.raises(TemplateError, match="The output has more than 50000000 characters") as caught:
        render(source, {"text": "x" * 100_000})
    assert caught.value.kind == "limit"


def test_what_is_written_aside_counts_once() -> None:
    source = "{% filter upper %}{% for i in range(1, 300) %}{{ text }}{% endfor %}{% endfilter %}"
    assert len(render(source, {"text": "x" * 100_000})) == 30_000_000


def test_the_place_of_an_error_in_a_loop_is_known() -> None:
    with pytest.raises(TemplateError) as caught:
        render("{% for i in xs %}\n{{ i }}{{ nope }}{% endfor %}", VARIABLES)
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 11)
