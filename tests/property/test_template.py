"""Any template at all, good or broken, gives a value or a `TemplateError`; nothing hangs and nothing leaks."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.template import TemplateError, evaluate, render

VARIABLES = {
    "n": 3,
    "text": "one, two",
    "list": [3, 1, 2],
    "map": {"a": 1, "b-c": [None, "x"]},
    "nil": None,
    "yes": True,
}
ATOMS = st.sampled_from(
    ["n", "text", "list", "map", "nil", "yes", "ghost", "1", "2.5", "'a'", '"#{n}!"', "[1, n]", "{'k': text}", "map.a"]
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "~", "==", "<", "and", "or", "??", "..", "contains", "isIn"])
FILTERS = st.sampled_from(
    [
        "upper",
        "lower",
        "trim",
        "length",
        "first",
        "last",
        "sort",
        "reverse",
        "keys",
        "values",
        "toJson",
        "yaml",
        "distinct",
        "abs",
        "number",
        "date",
        "slugify",
        "urlencode",
        "base64encode",
        "sha256",
        "default('d')",
        "join(',')",
        "split(',')",
        "slice(0,1)",
        "chunk(2)",
        "replace({'o':",
        "'0'})",
        "abbreviate(4)",
        "nope",
    ]
)
expressions = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("({}) | {}".format, inner, FILTERS),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from(["a", "size()", "class", "length", "x"])),
        st.builds("({})[{}]".format, inner, inner),
    ),
    max_leaves=6,
)
templates = st.one_of(
    st.builds("{{{{ {} }}}}".format, expressions),
    st.builds("a {{{{ {} }}}} b {{{{- {} -}}}}".format, expressions, expressions),
    st.builds("{{% if {} %}}y{{% else %}}n{{% endif %}}".format, expressions),
    st.builds("{{% for x in {} %}}{{{{ x }}}}{{{{ loop.index }}}}{{% endfor %}}".format, expressions),
    st.builds("{{% set s = {} %}}{{{{ s }}}}".format, expressions),
)
broken = st.text(alphabet="{}%#'\"()[]|.,:?~-+ abn1", max_size=40)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(st.one_of(templates, broken))
def test_only_values_or_template_errors_come_out(source: str) -> None:
    before = copy.deepcopy(VARIABLES)
    for call in (render, evaluate):
        try:
            call(source, VARIABLES)
        except TemplateError as error:
            assert error.span is not None
            assert 1 <= error.span.line <= source.count("\n") + 1
    assert before == VARIABLES


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.integers(1, 4000), st.sampled_from(["(", "[", "not ", "-", "{'a': ", "'x' ~ ", "1 + "]))
def test_depth_is_bounded(depth: int, opening: str) -> None:
    try:
        render("{{ " + opening * depth + "1 }}", {})
    except TemplateError as error:
        assert error.kind in ("syntax", "limit", "evaluation")


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(max_size=60).filter(lambda text: "{" not in text))
def test_text_without_braces_is_returned_as_it_is(text: str) -> None:
    assert render(text, {}) == text
