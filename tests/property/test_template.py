"""Any template at all, good or broken: what must hold for it. More of them are tried by `test_template_fuzz.py`."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support.template_grammar import expressions, well_formed
from tests.support.template_printer import print_template, shape

from flowrun.template import TemplateError, render
from flowrun.template.failures import SyntaxProblem, offset_of, place
from flowrun.template.parser import parse


@settings(max_examples=300, derandomize=True, deadline=None)
@given(well_formed)
def test_a_printed_template_is_parsed_to_the_same_tree(source: str) -> None:
    try:
        parsed = parse(source.replace("{% raw %}", "").replace("{% endraw %}", ""))
    except SyntaxProblem:
        assume(condition=False)
    printed = print_template(parsed)
    assert shape(parse(printed)) == shape(parsed), printed


@pytest.mark.parametrize(
    "source",
    ["{", "a{ {{- 1 }}", "{% verbatim %}{{ a }}{% endverbatim %}b", '{{ "#{"a"}#b" }}', "{{ '\\\\\\'' }}", "{{ 5.0 }}"],
)
def test_a_printed_template_of_a_special_kind_is_parsed_to_the_same_tree(source: str) -> None:
    parsed = parse(source)
    assert shape(parse(print_template(parsed))) == shape(parsed)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(expressions, st.text("a\n\r\u2028é", max_size=5))
def test_every_place_leads_back_to_its_offset(source: str, before: str) -> None:
    text = before + source
    for offset in (one for one in range(len(text)) if text[one - 1 : one + 1] != "\r\n"):
        span = place(text, offset)
        assert offset_of(text, span.line, span.column) == offset


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
