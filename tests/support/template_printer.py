"""A parsed template as text again: every operand in brackets, so that precedence plays no part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flowrun.template import nodes

CONSTANTS = {True: "true", False: "false", None: "null"}
PLACES = frozenset({"start", "end"})


def shape(value: Any) -> Any:
    """A tree without places and without what follows from the rest, to compare it with another."""
    if hasattr(value, "_fields"):
        return type(value).__name__, [shape(getattr(value, name)) for name in value._fields if name not in PLACES]
    if isinstance(value, tuple):
        return [shape(one) for one in value]
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return value if isinstance(value, frozenset) else (type(value).__name__, value)


def print_template(parsed: nodes.Parsed) -> str:
    """Text that is parsed to the same tree."""
    return body(parsed.body)


def body(statements: tuple[Any, ...]) -> str:
    written = ""
    for node in statements:
        if written.endswith("{"):
            written += " {#- #}"  # the blank is trimmed away: an opening brace must not meet another
        elif isinstance(node, nodes.Text):
            written += "{##}"  # two texts in a row stay two
        written += statement(node)
    return written + (" {#- #}" if written.endswith("{") else "")


def statement(node: Any) -> str:
    match node:
        case nodes.Text():
            if not node.text:
                return " {#- #}"  # what trimming leaves of a blank
            is_plain = not any(mark in node.text for mark in ("{{", "{%", "{#"))
            return node.text if is_plain else f"{{% verbatim %}}{node.text}{{% endverbatim %}}"
        case nodes.Print():
            return f"{{{{ {expression(node.expression)} }}}}"
        case nodes.If():
            tests = [
                f"{{% {'else' * (n > 0)}if {expression(test)} %}}{body(then)}"
                for n, (test, then) in enumerate(node.branches)
            ]
            return f"{''.join(tests)}{{% else %}}{body(node.otherwise)}{{% endif %}}"
        case nodes.For():
            head = f"{{% for {node.variable} in {expression(node.iterable)} %}}"
            return f"{head}{body(node.body)}{{% else %}}{body(node.otherwise)}{{% endfor %}}"
        case nodes.Set():
            return f"{{% set {node.name} = {expression(node.value)} %}}"
        case nodes.Macro():
            parameters = ", ".join(
                name if value is None else f"{name}={expression(value)}" for name, value in node.parameters
            )
            return f"{{% macro {node.name}({parameters}) %}}{body(node.body)}{{% endmacro %}}"
        case nodes.FilterTag():
            steps = "|".join(step.name + arguments(step) for step in node.filters)
            return f"{{% filter {steps} %}}{body(node.body)}{{% endfilter %}}"
        case nodes.Block():
            return f"{{% block {quoted(node.name)} %}}{body(node.body)}{{% endblock %}}"
    raise AssertionError(node)


def expression(node: Any) -> str:
    match node:
        case nodes.Literal():
            return literal(node.value)
        case nodes.Name():
            return node.name
        case nodes.Interpolation():
            return f'"{"".join(part(one, node) for one in node.parts)}"'
        case nodes.ListLiteral():
            return f"[{', '.join(map(expression, node.items))}]"
        case nodes.MapLiteral():
            return f"{{{', '.join(f'{expression(key)}: {expression(value)}' for key, value in node.items)}}}"
        case nodes.Unary():
            return f"{node.operator} ({expression(node.operand)})"
        case nodes.Binary():
            return f"({expression(node.left)}) {node.operator} ({expression(node.right)})"
        case nodes.Ternary():
            return " ".join(f"({expression(one)}){mark}" for one, mark in zip(node[:3], ("?", ":", ""), strict=True))
        case nodes.Call():
            return f"{node.name}{arguments(node)}"
        case nodes.Filtered():
            return f"({expression(node.operand)}) | {node.name}{arguments(node)}"
        case nodes.Test():
            return f"({expression(node.operand)}) is {'not ' * node.negated}{node.name}"
        case nodes.Attribute(arguments=None):
            return f"({expression(node.operand)})[{expression(node.subscript)}]"
        case nodes.Attribute():
            given = ", ".join(map(expression, node.arguments))
            return f"({expression(node.operand)}).{node.subscript.value}({given})"
    raise AssertionError(node)


def arguments(node: Any) -> str:
    named = [f"{name}={expression(value)}" for name, value in node.named]
    return f"({', '.join([*map(expression, node.positional), *named])})"


def part(node: Any, whole: nodes.Interpolation) -> str:
    """A text of an interpolated string has the place of the whole string, an expression its own."""
    return str(node.value) if node[-2:] == whole[-2:] else f"#{{{expression(node)}}}"


def literal(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return CONSTANTS[value]
    if isinstance(value, str):
        return quoted(value)
    return format(Decimal(repr(value)), "f") if isinstance(value, float) and value % 1 else str(value)


def quoted(text: str) -> str:
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"
