"""What a wrong template is told: the engine's words, the place, and what to try."""

from __future__ import annotations

import pytest

from flowrun.template import TemplateError, compile, evaluate, render


def error_of(source: str, **variables: object) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(source, variables)
    return caught.value


def test_a_missing_variable_is_named_with_its_line() -> None:
    error = error_of("one\n{{ nme }}", name="Ann")
    assert str(error) == "Unable to find `nme` used in the expression `one\n{{ nme }}` at line 2"
    assert error.kind == "missing"
    assert error.span is not None
    assert (error.span.line, error.span.column) == (2, 4)


def test_a_near_name_is_suggested() -> None:
    assert "name" in (error_of("{{ nme }}", name="Ann").hint or "")


def test_an_unknown_filter_suggests_the_nearest() -> None:
    error = error_of("{{ 'a' | uper }}")
    assert "Filter [uper] does not exist." in str(error)
    assert "upper" in (error.hint or "")


def test_an_unknown_filter_in_a_branch_not_taken_is_no_error() -> None:
    assert render("{{ true ? 'a' : ('b' | uper) }}", {}) == "a"


def test_a_syntax_error_has_its_place() -> None:
    error = error_of("a\n  {{ 1 + }}")
    assert error.kind == "syntax"
    assert error.span is not None
    assert error.span.line == 2


def test_a_broken_template_fails_when_it_is_compiled() -> None:
    with pytest.raises(TemplateError):
        compile("{% if x %}")


def test_coalescing_catches_a_missing_variable_but_not_an_addition() -> None:
    assert render("{{ ghost ?? 'x' }}", {}) == "x"
    assert "Could not perform addition" in str(error_of("{{ (ghost + 1) ?? 'x' }}"))


def test_python_attributes_are_out_of_reach() -> None:
    for source in ("{{ ''.__class__ }}", "{{ n.real }}", "{{ l.append(1) }}", "{{ m.__init__ }}"):
        error_of(source, n=1, l=[], m={})


def test_a_class_is_refused_for_security() -> None:
    assert "security" in str(error_of("{{ 'a'.getClass() }}"))


def test_a_range_is_bounded() -> None:
    error_of("{{ range(0, 100000000) }}")


def test_the_callers_list_is_never_sorted() -> None:
    items = [3, 1, 2]
    assert evaluate("{{ items | sort }}", {"items": items}) == [1, 2, 3]
    assert items == [3, 1, 2]


def test_a_regular_expression_that_could_explode_comes_to_an_end() -> None:
    assert render("{{ text.matches('(a+)+b') }}", {"text": "a" * 60}) == "false"
