"""Characters of a value are found again in the file, whatever the style of the scalar."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.loading.parse import parse
from flowrun.loading.places import origins_of, span_within
from flowrun.loading.tree import Mapping, Scalar

STYLES = {
    "plain": "a: some {{ X }} text\n",
    "plain over lines": "a: some\n  text\n\n  and {{ X }}\nb: 1\n",
    "single": "a: 'it''s {{ X }}'\n",
    "single over lines": "a: 'it''s\n   long  \n\n  {{ X }}'\n",
    "double": 'a: "tab\\t\\x41\\u00e9 \\"{{ X }}\\""\n',
    "double over lines": 'a: "one\n  two \\\n  three\\n\n\n  {{ X }}"\n',
    "literal": "a: |\n  one\n\n    two\n  {{ X }}\nb: 1\n",
    "literal, kept": "a: |+\n  {{ X }}\n\n\nb: 1\n",
    "literal, stripped": "a: |-  # why\n  {{ X }}\n\n",
    "literal, indented by hand": "a: |1\n   {{ X }}\n",
    "folded": "a: >\n  one\n  two {{ X }}\n\n  three\n",
    "folded with more indented lines": "a: >\n  one\n    list\n    {{ X }}\n\n  two\n  three\n",
    "carriage returns": "a: |\r\n  one\r\n  {{ X }}\r\n",
    "wide characters": "a: '日本 é {{ X }}'\n",
    "at the end of the file": "a: |\n  {{ X }}",
    "in a flow list": "a: [1, {k: '{{ X }}'}]\n",
}


def scalar_with_x(text: str) -> Scalar:
    root = parse(text).root
    assert isinstance(root, Mapping)
    found = [root.entries["a"].value]
    while found:
        node = found.pop()
        if isinstance(node, Scalar):
            if "X" in node.raw:
                return node
        else:
            found += node.items if not isinstance(node, Mapping) else [entry.value for entry in node.entries.values()]
    raise AssertionError("no X")


@pytest.mark.parametrize("style", STYLES)
def test_an_offset_leads_to_its_line_and_column(style: str) -> None:
    text = STYLES[style]
    scalar = scalar_with_x(text)
    start = scalar.raw.index("{{")
    span = span_within(text, scalar, start, start + 7)
    line = text.split("\n")[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "{{ X }}"
    assert span.end_line == span.line


def test_an_offset_that_is_not_there_gives_the_whole_scalar() -> None:
    text = "a: abc\n"
    scalar = scalar_with_x("a: aXc\n")
    assert span_within(text, scalar, 1, 2) == scalar.span


WORDS = st.text(alphabet="ab \n\t'\"\\:#é日", min_size=0, max_size=30)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(words=WORDS, style=st.sampled_from(["'", '"', "|", ">", "|-", ">+", ""]))
def test_every_value_that_parses_can_be_mapped_back(words: str, style: str) -> None:
    body = words.replace("\n", "\n  ")
    text = f"a: {style}\n  {body}\nb: 1\n" if style[:1] in ("|", ">") else f"a: {style}{body}{style}\nb: 1\n"
    root = parse(text).root
    value = root.entries["a"].value if isinstance(root, Mapping) and "a" in root.entries else None
    if isinstance(value, Scalar) and value.style != "*":
        assert "".join(character for character, _ in origins_of(text, value)) == value.raw
