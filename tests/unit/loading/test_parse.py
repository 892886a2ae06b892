from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.diagnostics import Severity, Span
from flowrun.loading.parse import is_worth_a_second_reading, parse
from flowrun.loading.tree import Mapping, Node, Scalar, Sequence, locate, plain

DATA = Path(__file__).parents[2] / "conformance" / "data" / "validation"


def root_of(text: str) -> Node:
    parsed = parse(text)
    assert parsed.root is not None
    return parsed.root


def test_a_document_becomes_plain_data() -> None:
    assert plain(root_of("a: [1, 'x', {b: yes}]\nc: ~\n")) == {"a": [1, "x", {"b": True}], "c": None}


def test_keys_are_texts_as_written() -> None:
    assert list(plain(root_of("010: a\ntrue: b\n1.0: c\n"))) == ["010", "true", "1.0"]


def test_every_node_knows_its_place_in_characters() -> None:
    root = root_of("é: {日本: '😀x', b: [1]}\n")
    assert isinstance(root, Mapping)
    inner = root.entries["é"]
    assert inner.key_span == Span(1, 1, 1, 2)
    assert isinstance(inner.value, Mapping)
    assert inner.value.span == Span(1, 4, 1, 22)
    assert inner.value.entries["日本"].value.span == Span(1, 9, 1, 13)


def test_a_block_scalar_begins_at_its_indicator() -> None:
    root = root_of("a: |\n  text\n")
    assert isinstance(root, Mapping)
    assert root.entries["a"].value.span == Span(1, 4, 3, 1)


def test_an_alias_is_the_text_of_its_name_with_a_warning() -> None:
    parsed = parse("a: &x hello\nb: *x\n")
    assert parsed.root is not None
    assert plain(parsed.root) == {"a": "hello", "b": "x"}
    assert [(each.code, each.severity) for each in parsed.diagnostics] == [("alias-as-text", Severity.WARNING)]


def test_a_key_given_twice_is_reported_at_the_second_and_the_first_counts() -> None:
    parsed = parse("a: 1\nb: 2\na: 3\n")
    assert [(each.code, each.span) for each in parsed.diagnostics] == [("duplicate-key", Span(3, 1, 3, 2))]
    assert parsed.root is not None
    assert plain(parsed.root) == {"a": 1, "b": 2}


def test_only_the_first_document_is_read() -> None:
    parsed = parse("a: 1\n---\na: [\n")
    assert parsed.root is not None
    assert plain(parsed.root) == {"a": 1}
    assert [each.code for each in parsed.diagnostics] == ["more-documents"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a: [1\nb: 2\n", 2, 2), ("a: b: c\n", 1, 5), ("a: \x07\n", 1, 4), ("? [1]\n: 2\n", 1, 3), ("a: 'x\n", 1, 4)],
)
def test_broken_text_is_reported_where_it_breaks(text: str, line: int, column: int) -> None:
    parsed = parse(text)
    assert parsed.root is None
    assert [(each.span.line, each.span.column) for each in parsed.diagnostics if each.span] == [(line, column)]


def test_nesting_is_bounded() -> None:
    assert [each.code for each in parse("[" * 500).diagnostics] == ["nesting"]


def places(node: Node) -> object:
    if isinstance(node, Scalar):
        # Where nothing is written the parsers differ: behind the colon, or before the next token.
        return (node.value, node.place[:2], node.style, node.start) if node.raw else None
    if isinstance(node, Sequence):
        return (node.place[:2], [places(item) for item in node.items])
    return (node.place[:2], [(each.key, each.key_place, places(each.value)) for each in node.entries.values()])


@pytest.mark.parametrize("case", sorted(path.parent.name for path in DATA.glob("*/flow.yaml")))
def test_both_parsers_build_the_same_tree(case: str) -> None:
    text = (DATA / case / "flow.yaml").read_text()
    with_c = parse(text)
    without = parse(text, pure=True)
    assert (with_c.root is None) == (without.root is None)
    if with_c.root is not None and without.root is not None:
        assert places(without.root) == places(with_c.root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{uri: http://x.y/z, at: 09:30}", {"uri": "http://x.y/z", "at": "09:30"}),
        ("[a:b, x::y]", ["a:b", "x::y"]),
        ("a:\t1", {"a": 1}),
    ],
)
def test_what_the_server_reads_is_read(text: str, value: object) -> None:
    assert plain(root_of(text)) == value


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b[1].c", 2), ("a.b[1]", {"c": 2}), ("x.y", 3), ("a.b[2]", None), ("a.z", None), ("a[0]", None), ("", ...)],
)
def test_a_path_leads_to_its_node(path: str, found: object) -> None:
    root = root_of("a: {b: [1, {c: 2}]}\nx.y: 3\n")
    node = locate(root, path)
    value = plain(node) if isinstance(node, Scalar | Sequence | Mapping) else plain(node.value) if node else None
    assert value == (plain(root) if found is ... else found)


def test_brackets_without_end_are_answered_at_once() -> None:
    """The parser that reads a broken file once more takes time with the square of the open brackets."""
    deep = "a: \u2028b: c: d\nx: " + "[" * 100_000
    (problem,) = parse(deep).diagnostics
    assert problem.code in ("yaml", "nesting")
    assert not is_worth_a_second_reading(deep)
    assert is_worth_a_second_reading("a: {{ b }} [c]\n" * 1000)
