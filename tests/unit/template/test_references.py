"""Which variables a template reads, found without rendering it."""

from __future__ import annotations

import pytest

from flowrun.template import TemplateError, nodes, render
from flowrun.template import compile as compile_template

Found = list[tuple[tuple[str | int | None, ...], bool]]


def paths(source: str) -> Found:
    return [(one.path, one.guarded) for one in compile_template(source).references()]


def plain(*names: str) -> Found:
    """Reads of variables that nothing guards."""
    return [((name,), False) for name in names]


def guarded(*names: str) -> Found:
    return [((name,), True) for name in names]


def test_a_path_of_constants_is_one_reference() -> None:
    assert paths("{{ outputs.a['b-c'][0].d }}") == [(("outputs", "a", "b-c", 0, "d"), False)]


def test_a_computed_subscript_is_a_gap_in_the_path() -> None:
    assert paths("{{ outputs.a[taskrun.value].b }}") == [
        (("outputs", "a", None, "b"), False),
        (("taskrun", "value"), False),
    ]


def test_a_path_ends_before_a_method() -> None:
    assert paths("{{ a.b.get(c.d).e }}") == [(("a", "b"), False), (("c", "d"), False)]


def test_a_truth_value_is_no_key_of_a_path() -> None:
    assert paths("{{ a[true] }}{{ a['x'][null] }}") == [(("a", None), False), (("a", "x", None), False)]


@pytest.mark.parametrize(
    "source",
    [
        "{{ a + b }}",
        "{{ a == b }}",
        "{{ a ~ b }}",
        "{{ a .. b }}",
        "{{ a | join(b) }}",
        "{{ a | date(timeZone=b) }}",
        "{{ max(a, b) }}",
        "{{ now(format=a, timeZone=b) }}",
        "{{ [a, b] }}",
        "{{ {a: b} }}",
        '{{ "#{a} and #{b}" }}',
        "{{ a.m(b) }}",
        "{{ -a }}{{ not b }}",
        "{{ a is empty }}{{ b is not null }}",
        "{% set x = a %}{{ b }}",
        "{% for x in a %}{% endfor %}{{ b }}",
        "{% if a %}{% endif %}{{ b }}",
        "{% filter join(a) %}{{ b }}{% endfilter %}",
        "{% block x %}{{ a }}{% endblock %}{{ b }}",
        "{% macro m(p, q=z) %}{{ p }}{{ z }}{% endmacro %}{{ m(a, q=b) }}",
    ],
)
def test_every_place_of_an_expression_is_looked_at(source: str) -> None:
    assert paths(source) == plain("a", "b")


def test_every_kind_of_expression_and_statement_is_known() -> None:
    """A new node has to be thought of in `references` too: these are the ones that it was written for."""
    assert {one.__name__ for one in nodes.Expression.__args__} == {
        *("Literal", "Name", "Interpolation", "ListLiteral", "MapLiteral", "Unary", "Binary", "Ternary"),
        *("Call", "Filtered", "Test", "Attribute"),
    }
    assert {one.__name__ for one in nodes.Statement.__args__} == {
        *("Text", "Print", "If", "For", "Set", "Macro", "FilterTag", "Block"),
    }


@pytest.mark.parametrize(
    "source",
    ["{{ a ?? 1 }}", "{{ a ??? 1 }}", "{{ a is defined }}", "{{ a is not defined }}", "{{ a | default('x') }}"],
)
def test_what_copes_with_absence_guards_its_variable(source: str) -> None:
    assert paths(source) == guarded("a")


@pytest.mark.parametrize(
    "source",
    ["{{ a.b[c] ?? 1 }}", "{{ (a | upper ~ c) | default('x') }}", "{{ max(a, c) ?? 1 }}", "{{ [a, -c] is defined }}"],
)
def test_a_guard_reaches_through_what_passes_on_that_something_is_missing(source: str) -> None:
    assert all(guard for _, guard in paths(source))


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="])
def test_a_guard_does_not_reach_into_an_operator_that_fails_by_itself(operator: str) -> None:
    source = f"{{{{ (a {operator} 1) ?? 2 }}}}"
    assert paths(source) == plain("a")
    with pytest.raises(TemplateError):
        render(source, {})


def test_a_fallback_is_read_only_where_it_is_needed() -> None:
    assert paths("{{ a ?? b }}") == guarded("a", "b")


def test_what_a_branch_reads_is_guarded_but_not_its_condition() -> None:
    assert paths("{% if a %}{{ b }}{% elseif c %}{{ d }}{% else %}{{ e }}{% endif %}") == [
        *plain("a"),
        *guarded("b", "c", "d", "e"),
    ]
    assert paths("{{ a ? b : c }}") == [*plain("a"), *guarded("b", "c")]
    assert paths("{{ a and b }}{{ c or d }}") == [*plain("a"), *guarded("b"), *plain("c"), *guarded("d")]
    assert paths("{% for x in a %}{{ b }}{% else %}{{ c }}{% endfor %}") == [*plain("a"), *guarded("b", "c")]


def test_names_that_the_template_makes_are_none() -> None:
    assert paths("{% for x in items %}{{ x.y }}{{ loop.index }}{% endfor %}{% set z = 1 %}{{ z }}") == plain("items")


def test_a_loop_shadows_its_variable_only_inside() -> None:
    assert paths("{% for x in x %}{{ x }}{% endfor %}{{ x }}{{ loop }}") == plain("x", "x", "loop")


def test_a_variable_that_sets_itself_is_read_first() -> None:
    assert paths("{% set a = a ~ 'x' %}{{ a }}") == plain("a")


def test_a_variable_that_a_branch_sets_is_guarded_later() -> None:
    assert paths("{% if a %}{% set b = 1 %}{{ b }}{% endif %}{{ b }}") == [*plain("a"), *guarded("b")]


def test_a_macro_reads_its_parameters_only() -> None:
    assert paths("{% macro m(a) %}{{ a }}{{ c }}{% endmacro %}{{ m(b) }}") == plain("b")


@pytest.mark.parametrize("path", ["outputs.a", "outputs['a']", "outputs.a[0]", "a[b]", "a[ 'b' ]", "a.b['c'].d"])
def test_a_reference_has_its_place(path: str) -> None:
    one = compile_template(f"one\n{{{{ {path} }}}}").references()[0]
    assert (one.span.line, one.span.column, one.span.end_column) == (2, 4, 4 + len(path))


def test_plain_text_reads_nothing() -> None:
    assert compile_template("a { b }").is_plain
    assert paths("a { b }") == []


def test_a_comment_reads_nothing() -> None:
    assert paths("{# {{ a }} #}{% verbatim %}{{ b }}{% endverbatim %}{% raw %}{{ c }}{% endraw %}") == []
