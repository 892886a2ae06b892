"""Which functions a template calls, and with what: found in its nodes, without rendering it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrun.template import nodes
from flowrun.template.analysis import parsed_or_refused, within
from flowrun.template.api import without_raw
from flowrun.template.failures import as_written, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowrun.diagnostics import Span


class Call(NamedTuple):
    """One call of a function of the language.

    `constants` has the arguments that are written out, `computed` the names of the others; both go by the name of the
    parameter, however the argument was given. `variables` are those that the arguments read. `span` is that of the name.
    """

    name: str
    constants: Mapping[str, Any]
    computed: frozenset[str]
    variables: frozenset[str]
    span: Span


def calls(source: str) -> list[Call]:
    """The calls in a template, in the order of the text. Raises `TemplateError` for bad syntax.

    What a text holds that `render()` is given is not looked into. Calls of macros, and those that cannot work
    because there is no such function or argument, are left out.
    """
    if "(" not in source or not ("{{" in source or "{%" in source):
        return []
    text, blocks = without_raw(source) if "endraw" in source else (source, {})
    parsed = parsed_or_refused(text)
    written = [one for one in within(parsed.body) if isinstance(one, nodes.Call) and one.name not in parsed.macros]
    found = [call for one in sorted(written, key=lambda one: one.start) if (call := call_of(one, text))]
    return [one._replace(span=as_written(one.span, text, blocks)) for one in found]


def call_of(node: nodes.Call, text: str) -> Call | None:
    """A call with its arguments under their names; None for one that cannot work."""
    from flowrun.template.callables import Failure
    from flowrun.template.functions import FUNCTIONS
    from flowrun.template.rendering import bind

    function = FUNCTIONS.get(node.name)
    if function is None:
        return None
    try:
        given = bind(function.parameters, list(node.positional), dict(node.named))
    except Failure:
        return None
    constants = {name: one.value for name, one in given.items() if isinstance(one, nodes.Literal)}
    computed = frozenset(given) - constants.keys()
    read = within(tuple(given[name] for name in computed))
    variables = frozenset(one.name for one in read if isinstance(one, nodes.Name))
    return Call(node.name, constants, computed, variables, place(text, node.start, node.end))
