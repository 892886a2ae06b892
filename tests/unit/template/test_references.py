"""Which variables a template reads, found without rendering it."""

from __future__ import annotations

from flowrun.template import compile as compile_template


def paths(source: str) -> list[tuple[tuple[str | int, ...], bool]]:
    return [(one.path, one.guarded) for one in compile_template(source).references()]


def test_a_path_of_constants_is_one_reference() -> None:
    assert paths("{{ outputs.a['b-c'][0].d }}") == [(("outputs", "a", "b-c", 0, "d"), False)]


def test_a_path_ends_where_a_subscript_is_computed() -> None:
    assert paths("{{ outputs.a[taskrun.value].b }}") == [(("outputs", "a"), False), (("taskrun", "value"), False)]


def test_what_copes_with_absence_is_guarded() -> None:
    assert paths("{{ a ?? b }}") == [(("a",), True), (("b",), True)]
    assert paths("{{ a is defined }}{{ b | default('x') }}") == [(("a",), True), (("b",), True)]


def test_what_a_branch_reads_is_guarded_but_not_its_condition() -> None:
    assert paths("{% if a %}{{ b }}{% endif %}{{ c ? d : 1 }}") == [
        (("a",), False),
        (("b",), True),
        (("c",), False),
        (("d",), True),
    ]


def test_names_that_the_template_makes_are_none() -> None:
    assert paths("{% for x in items %}{{ x.y }}{{ loop.index }}{% endfor %}{% set z = 1 %}{{ z }}") == [
        (("items",), False)
    ]


def test_a_macro_reads_its_parameters_only() -> None:
    assert paths("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b) }}") == [(("b",), False)]


def test_a_reference_has_its_place() -> None:
    (one,) = compile_template("one\n{{ outputs.a }}").references()
    assert (one.span.line, one.span.column, one.span.end_column) == (2, 4, 13)


def test_plain_text_reads_nothing() -> None:
    assert compile_template("a { b }").is_plain
    assert paths("a { b }") == []
