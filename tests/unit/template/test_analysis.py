"""What is said of a template without rendering it."""

from __future__ import annotations

from typing import Any

import pytest

from flowrun.template import TemplateError, analyse, render
from flowrun.template.filters import GROUP_OF, find
from flowrun.template.functions import FUNCTIONS

SAMPLES: list[Any] = ["abc", "2024-01-01T00:00:00Z", '{"a": 1}', 5, 2.5, [3, 1], {"a": 1}, True]


def kinds(source: str, **known: Any) -> list[tuple[str, bool]]:
    found = analyse(source, lambda reference: known.get(str(reference.path[0])))
    return [(one.kind, one.certain) for one in found.problems]


def fails(source: str, value: Any) -> bool:
    try:
        render(source, {"value": value})
    except TemplateError:
        return True
    return False


@pytest.mark.parametrize("name", sorted(GROUP_OF))
def test_a_filter_with_too_few_arguments_fails_for_every_value(name: str) -> None:
    found = find(name)
    assert found is not None
    for given in range(found.required):
        call = f"{{{{ value | {name}({', '.join(['1'] * given)}) }}}}" if given else f"{{{{ value | {name} }}}}"
        assert all(fails(call, value) for value in SAMPLES)
        assert ("arguments", True) in kinds(call)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_with_too_few_arguments_fails(name: str) -> None:
    for given in range(FUNCTIONS[name].required):
        call = f"{{{{ {name}({', '.join(['1'] * given)}) }}}}"
        assert fails(call, None)
        assert ("arguments", True) in kinds(call)


def test_what_fails_for_all_samples_is_a_problem_of_type() -> None:
    assert kinds("{{ x | keys }}", x=["a", ""]) == [("type", True)]
    assert kinds("{{ x | keys }}", x=["a", {"b": 1}]) == []
    assert kinds("{{ x | keys }}") == []


def test_a_problem_that_may_not_be_reached_is_not_certain() -> None:
    assert kinds("{% if x %}{{ y | nope }}{% endif %}") == [("unknown", False)]
    assert kinds("{{ x ?? nope() }}") == [("unknown", False)]
    assert kinds("{{ nope() ?? x }}") == [("unknown", True)]


def test_values_of_different_types_are_never_equal() -> None:
    assert kinds("{{ x == '5' }}", x=[5]) == [("comparison", True)]
    assert kinds("{{ x == 5.0 }}", x=[5]) == []
    assert render("{{ x == '5' }}", {"x": 5}) == "false"


def test_names_of_the_template_itself_have_no_samples() -> None:
    assert kinds("{% set x = [1] %}{{ x | first }}", x=[5]) == []
    assert kinds("{% for x in y %}{{ x | keys }}{% endfor %}", x=[5], y=[[1]]) == []


def test_a_trial_has_the_place_of_the_whole_template() -> None:
    line = "  {{ 'x' | upper }} {{ 'x' | abs }}"
    (problem,) = analyse(f"first\n{line}").problems
    assert (problem.span.line, problem.span.column) == (2, line.index("abs") + 1)


def test_bad_syntax_is_raised() -> None:
    with pytest.raises(TemplateError):
        analyse("{{ a b }}")
