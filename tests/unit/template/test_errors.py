"""What a wrong template is told: the engine's words, the place, and what to try."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowrun.diagnostics import Diagnostic, Severity, Span, draw
from flowrun.loading.parse import parse
from flowrun.loading.places import span_in_file
from flowrun.loading.tree import Mapping, Scalar
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


def test_the_message_repeats_the_template_and_the_summary_does_not() -> None:
    error = error_of("a {{ 'x' | uper }}")
    assert error.message == "Filter [uper] does not exist. (a {{ 'x' | uper }}:1)"
    assert error.summary == "Filter [uper] does not exist."


def test_an_operator_says_what_made_it_refuse() -> None:
    assert error_of("{{ 1 / 0 }}").summary == "Could not perform division: / by zero"
    assert error_of("{{ ghost + 1 }}").summary == "Could not perform addition: Unable to find `ghost`"


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("a\r\nb {{ x }}", 2, 6),
        ("a\rb {{ x }}", 2, 6),
        ("a\u2028b {{ x }}", 2, 6),
        ("{{ 'a\nb' ~\n  x }}", 3, 3),
        ("é日😀 {{ x }}", 1, 8),
        ("{% raw %}{{ y }}{% endraw %} {{ x }}", 1, 33),
        ("{%\n raw %}a\u2028b{% endraw %}\n{{ x }}", 4, 4),
        ("{% raw %}a{% endraw %}{% raw %}b{% endraw %}\n{% raw %}c{% endraw %}{{ x }}", 2, 26),
    ],
)
def test_lines_and_columns_are_those_of_the_template_as_written(source: str, line: int, column: int) -> None:
    span = error_of(source).span
    assert span == Span(line, column, line, column + 1)
    assert compile(source).references()[0].span == span


@pytest.mark.parametrize(
    "source", ["{{ a.b[c.d }}", "{% raw %}x{% endraw %}{{ 'a }}", "{% raw %}x{% endraw %}\n{{ a b }}"]
)
def test_a_syntax_error_is_in_the_template_as_written(source: str) -> None:
    span = error_of(source).span
    assert span is not None
    assert source.split("\n")[span.line - 1][span.column - 1] in "['b"


def test_a_template_in_a_template_tells_the_hint_of_what_failed_inside() -> None:
    assert error_of("{{ render(t) }}", t="{{ nme }}", name="Ann").hint == "did you mean `name`?"


def test_a_hint_shows_names_but_never_values() -> None:
    error = error_of("{{ inputs.x.y }}", inputs={"x": "hush"})
    assert "hush" not in f"{error.summary}{error.hint}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 50_000,
        "{{ " + "- " * 50_000,
        "{{ '" + "a" * 100_000,
        "{{ " + "a." * 50_000 + "b }}",
        "{{ " + "a.b(" * 50_000 + "}}",
        "{% if " * 20_000,
        "{{ a" + "-b" * 50_000 + " }}",
    ],
    ids=range(7),
)
def test_the_hint_of_a_huge_template_takes_no_time(source: str) -> None:
    assert error_of(source).span is not None


IN_FILES = {
    # The scalar, and the text that is marked.
    "plain": "a: one {{ nme }} two",
    "plain, later line": "a: one\n  two\n\n  {{ nme }}",
    "single": "a: 'it''s {{ nme }}'",
    "single, later line": "a: 'it''s\n  two {{ ''x'' ~ nme }}'",
    "double": 'a: "tab\\t\\x41 \\"{{ \\"x\\" ~ nme }}\\""',
    "double, later line": 'a: "one\n  two \\\n  three\\n {{ nme }}"',
    "double, behind an escaped line break": 'a: "one\\n\\u00e9 {{ nme }}"',
    "literal": "a: |\n  {{ nme }}\n  two",
    "literal, later line": "a: |\n  one\n\n    {{ nme }}\n",
    "literal, indented by hand": "a: |2-\n    one\n   {{ nme }}\n",
    "folded": "a: >\n  {{ nme }}\n  two\n",
    "folded, later line": "a: >\n  one\n  two {{ nme }}\n\n  three\n",
    "folded, more indented": "a: >-\n  one\n    more\n    {{ nme }}\n  two\n",
    "folded, indented by hand": "a: >1+\n  one\n  {{ nme }}\n\n",
    "expression over lines": "a: |\n  one {{ 'x'\n    ~ nme }}\n",
    "in a flow map": "a: {b: ['{{ nme }}']}",
}


@pytest.mark.parametrize("style", IN_FILES)
def test_an_error_has_its_place_in_the_file_whatever_the_scalar(style: str) -> None:
    text = IN_FILES[style]
    scalar = the_scalar(text)
    error = error_of(scalar.raw, name="Ann")
    assert error.span is not None
    span = span_in_file(text, scalar, error.span)
    line = text.split("\n")[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "nme"
    diagnostic = Diagnostic("template", Severity.ERROR, error.summary, span, hint=error.hint)
    drawn = draw(diagnostic, "flow.yaml", text, lambda _style, shown: shown).split("\n")
    assert drawn[2].endswith(f"| {line}")
    assert drawn[3].index("^") - drawn[2].index(line) == span.column - 1
    assert drawn[4] == "  = hint: did you mean `name`?"


def the_scalar(text: str) -> Scalar:
    """The one scalar of a text that holds a template."""
    nodes = [parse(text).root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Scalar) and "{{" in node.raw:
            return node
        if isinstance(node, Mapping):
            nodes += [entry.value for entry in node.entries.values()]
        elif not isinstance(node, Scalar) and node is not None:
            nodes += node.items
    raise AssertionError(text)


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


VALUES = [
    "'a'",
    "1",
    "1.5",
    "true",
    "([1])",
    "({'a': 1})",
    "('a,b' | split(','))",
    "(m | keys)",
    "d",
    "loop",
    "m(1)",
    "('abc' | first)",
]
PYTHONS = [
    "__class__",
    "__init__",
    "__dict__",
    "__globals__",
    "format",
    "format_map",
    "mro",
    "append",
    "real",
    "encode",
    "tzinfo",
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", PYTHONS)
def test_python_attributes_are_out_of_reach(value: str, name: str) -> None:
    given = {"m": {"a": 1}, "d": datetime(2025, 1, 1, tzinfo=UTC)}
    for access in (f".{name}", f"['{name}']", f".{name}()", f".{name}(1)"):
        with pytest.raises(TemplateError):
            render(
                f"{{% macro m(x) %}}{{% endmacro %}}{{% for x in [1] %}}{{{{ ({value}){access} }}}}{{% endfor %}}",
                given,
            )


def test_a_class_is_refused_for_security() -> None:
    assert "security" in str(error_of("{{ 'a'.getClass() }}"))


DOUBLED = "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60
BOUNDED = {
    "a range": "{{ range(0, 100000000) }}",
    "a range operator": "{{ 0..100000000 }}",
    "a text": "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 60,
    "a repeated text": "{{ 'a'.repeat(big) }}",
    "an indent": "{{ 'a\nb' | indent(99999999999) }}",
    "a list": "{% set x = [1] %}" + "{% set x = x + x %}" * 60,
    "a list of lists": DOUBLED + "{{ x }}",
    "a map of maps": "{% set x = {} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x }}",
    "a list that holds itself": "{% set x = [1] %}{{ x.add(x) }}{{ x }}",
    "two equal lists": DOUBLED + DOUBLED.replace("x", "y") + "{{ x == y }}",
    "loops in loops": "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
    "ranges in a loop": "{% for a in many %}{% set x = range(1, 99999) %}{% endfor %}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a tree of macros": "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{% for a in many %}{{ m(99) }}{% endfor %}",
    "a block that writes itself": "{% block b %}{{ block('b') }}{% endblock %}",
    "a template that renders itself": "{{ render(self) }}",
    "a tree of templates": "{{ render(tree) }}",
    "nested expressions": "{{ " + "(" * 9999 + "1" + ")" * 9999 + " }}",
    "nested tags": "{% if true %}" * 9999 + "{% endif %}" * 9999,
    "nested JSON": "{{ fromJson('" + "[" * 99999 + "') }}",
    "a template": "{# " + "a" * 4_000_000 + " #}",
}


@pytest.mark.parametrize("what", BOUNDED)
def test_what_a_template_asks_for_is_bounded(what: str) -> None:
    given = {"big": 10**9, "many": [0] * 9_900_000, "self": "{{ render(self) }}", "tree": "{{ render(tree) }}" * 9}
    error = error_of(BOUNDED[what], **given)
    assert error.kind == "limit" or "nest" in error.message or "Invalid json" in error.message


def test_the_callers_list_is_never_sorted() -> None:
    items = [3, 1, 2]
    assert evaluate("{{ items | sort }}", {"items": items}) == [1, 2, 3]
    assert items == [3, 1, 2]


def test_a_regular_expression_that_could_explode_comes_to_an_end() -> None:
    assert render("{{ text.matches('(a+)+b') }}", {"text": "a" * 60}) == "false"
