"""Templates by chance: with everything that the language has, well formed or broken."""

from __future__ import annotations

from hypothesis import strategies as st

from flowrun.template.attributes import MEMBERS
from flowrun.template.filters import GROUP_OF, find
from flowrun.template.functions import FUNCTIONS
from flowrun.template.parser import BINARY
from flowrun.template.tests import TESTS

VARIABLES = {
    "n": 3,
    "big": 2**40,
    "huge": 10**30,
    "half": 0.5,
    "text": "one, two",
    "date": "2025-06-15T07:08:09Z",
    "list": [3, 1, 2],
    "rows": [{"a": 1, "b": None}, {"a": "x"}, []],
    "map": {"a": 1, "b-c": [None, "x"], "deep": {"er": {"est": "y"}}},
    "nil": None,
    "yes": True,
    "odd": "\ud800\u2028\x00😀",
    "flow": {"id": "f", "namespace": "a.b"},
    "parents": [],
    "taskrun": {"value": "v"},
    "tasks": {"t": {"state": "SUCCESS"}},
}
TEXTS = [
    "", "a", "A b", "12", "-1.5", "1e400", "é😀", "[1, {}]", '{"a": [1]}', "{a: 1}", "a: [1, 2]", ".", ".*", "(a+)+b", "[a-", "\\\\d",
    "(?<x>.)", "$1", "yyyy-MM-dd", "yyyy'T'HH", "%s %d", "%-5.2f", "#,##0.00", "0.###E0", "DAYS", "LONG", "BIGDECIMAL", "Europe/Paris",
    "2025-01-31", "2024-02-29T23:59:60+14:00", ".a", ".[]?", "{{ text }}", "{{ 1 + }}", "{{ render(self) }}", "MDEyMzQ1Njc4OWFiY2RlZg==", "__class__", "SUCCESS", "b",
]  # fmt: skip
METHODS = sorted({name for _, members in MEMBERS for name, _ in members})
BEYOND = [
    "__class__",
    "__init__",
    "__dict__",
    "format",
    "mro",
    "class",
    "getClass",
    "append",
    "encode",
    "real",
    "func_globals",
]
"""What must lead nowhere."""
NUMBERS = ["0", "1", "2", "7", "99", "1000000", "2147483648", "9223372036854775807", "0.1", "1.5", "12345678901.25"]

names = st.sampled_from([*VARIABLES, "x", "y", "ghost", "loop", "_context"])
atoms = st.one_of(
    names,
    st.sampled_from([*NUMBERS, "true", "false", "null", "[]", "{}"]),
    st.sampled_from(TEXTS).map(lambda text: f"'{text}'"),
    st.sampled_from(['"#{n}"', '"a#{text}b"', '"#{list}#{nil}"']),
)


def call(name: str, parameters: tuple[str, ...] | None, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A call with some arguments, sometimes under their names."""
    known = st.sampled_from(parameters) if parameters else st.just("value")
    named = st.builds("{}={}".format, known, inner)
    given = st.lists(inner, max_size=3), st.lists(named, max_size=1)
    return st.builds(lambda some, more: f"{name}({', '.join([*some, *more])})", *given)


FILTERS = {name: find(name) for name in GROUP_OF}
OPERATORS = [one for one in BINARY if one not in ("|", "is", "is not")]


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions around expressions."""
    filters = [call(name, found and found.parameters, inner) for name, found in FILTERS.items()]
    functions = [
        call(name, found.parameters, inner) for name, found in FUNCTIONS.items() if name not in ("http", "randomPort")
    ]
    key = st.sampled_from(["a", "b", "est", "key", "size", "index", "length", *METHODS, *BEYOND])
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} | {})".format, inner, st.one_of(filters)),
        st.builds("({} | {})".format, inner, st.sampled_from([*GROUP_OF, "nope"])),
        st.one_of(functions),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds(
            "({} is {}{})".format, inner, st.sampled_from(["", "not "]), st.sampled_from([*TESTS, "defined", "nope"])
        ),
        st.builds("{}({})".format, st.sampled_from(["not ", "-", "+"]), inner),
        st.builds("({}).{}".format, inner, key),
        st.builds("({}).{}({})".format, inner, key, st.lists(inner, max_size=2).map(", ".join)),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds('"a#{{{}}}"'.format, inner),
        st.builds("m({}, q={})".format, inner, inner),
    )


expressions = st.recursive(atoms, larger, max_leaves=5)
prints = st.builds("{}{}{}".format, st.sampled_from(["{{ ", "{{- "]), expressions, st.sampled_from([" }}", " -}}"]))
texts = st.sampled_from(["", "a", " \n ", "{", "}}", "{\n", "[", '{"a": ', "{# no #}", "{% verbatim %} {{ v }}{% endverbatim %}", "{% raw %}{{ r }}{% endraw %}"])  # fmt: skip


def tags(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Tags around templates."""
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds(
            "{{% if {} %}}{}{{% elseif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            expressions,
            inner,
            expressions,
            inner,
            inner,
        ),
        st.builds("{{% for x in {} %}}{}{{{{ loop }}}}{{% else %}}{}{{% endfor %}}".format, expressions, inner, inner),
        st.builds("{{% set {} = {} %}}{}".format, st.sampled_from(["x", "y", "n", "list"]), expressions, inner),
        st.builds("{{% macro m(p, q={}) %}}{}{{% endmacro %}}{}".format, expressions, inner, inner),
        st.builds("{{% filter {} %}}{}{{% endfilter %}}".format, st.sampled_from(list(GROUP_OF)), inner),
        st.builds("{{% block b %}}{}{{% endblock %}}{{{{ block('b') }}}}".format, inner),
    )


well_formed = st.recursive(st.one_of(prints, prints, texts), tags, max_leaves=4)
"""Templates that can be parsed; most of them fail when they are rendered."""


def with_damage(source: str, damages: list[tuple[int, int, str]]) -> str:
    """A template with some pieces replaced by others."""
    for start, length, piece in damages:
        at = start % (len(source) + 1)
        source = source[:at] + piece + source[at + length :]
    return source


PIECES = ["", "", "{{", "}}", "{%", "%}", "{#", "#}", "#{", "(", ")", "[", "]", "{", "}", "'", '"', "\\", "|", ".", ",", "?", ":", "=", "-", "~", " ", "\n", "é", "😀", "\x00", "\u2028", " is ", " not ", "endif", "1e5", "&"]  # fmt: skip
damages = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5), st.sampled_from(PIECES)), min_size=1, max_size=3)
broken = st.one_of(
    st.builds(with_damage, well_formed, damages),
    st.lists(
        st.sampled_from([*PIECES, "n", "text", "1", "upper", "for x in list", "if n", "endfor", "set y"]), max_size=15
    ).map("".join),
)
templates = st.one_of(well_formed, well_formed, broken)
