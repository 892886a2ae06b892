"""Nodes to Python closures: `(frame) -> value` for expressions, `(frame, out)` for statements.

`out` gets the values as they are; only the end of a rendering turns them into text, so that typed
evaluation is the same walk.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from flowrun.template import nodes, operators
from flowrun.template.attributes import Missing, call, get
from flowrun.template.callables import Arguments, Failure
from flowrun.template.filters import find as find_filter
from flowrun.template.frame import Absent, Frame, Refused, bounded
from flowrun.template.tests import TESTS, is_empty
from flowrun.template.values import Collection, Entry, LazyNumber, SafeString, is_map, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Evaluate = Callable[[Frame], Any]
    Emit = Callable[[Frame, list[Any]], None]

ENGINE_VARIABLES: Final = frozenset({"locale", "template", "_context"})


# --- statements


def compile_body(statements: Sequence[Any]) -> Emit:
    """Statements in order."""
    emits = tuple(STATEMENTS[type(statement)](statement) for statement in statements)
    if len(emits) == 1:
        return emits[0]

    def emit(frame: Frame, out: list[Any]) -> None:
        for one in emits:
            one(frame, out)

    return emit


def compile_text(node: nodes.Text) -> Emit:
    text = node.text

    def emit(frame: Frame, out: list[Any]) -> None:  # noqa: ARG001
        out.append(text)

    return emit


def compile_print(node: nodes.Print) -> Emit:
    evaluate = compile_expression(node.expression)

    def emit(frame: Frame, out: list[Any]) -> None:
        value = evaluate(frame)
        if value is not None:
            out.append(value)

    return emit


def compile_if(node: nodes.If) -> Emit:
    branches = tuple((compile_condition(condition), compile_body(body)) for condition, body in node.branches)
    otherwise = compile_body(node.otherwise)

    def emit(frame: Frame, out: list[Any]) -> None:
        for condition, body in branches:
            if condition(frame):
                body(frame, out)
                return
        otherwise(frame, out)

    return emit


def compile_condition(node: Any) -> Evaluate:
    """Any error inside a condition shows as one of the condition (spec, chapter 5)."""
    evaluate = compile_expression(node)

    def condition(frame: Frame) -> bool:
        try:
            value = evaluate(frame)
            if value is None:
                raise Failure("null")
            return operators.truth(value)
        except (Absent, Failure, Refused) as problem:
            message = "Wrong operand(s) type in conditional expression"
            hint = f"`{problem.name}` does not exist here" if isinstance(problem, Absent) else None
            raise Refused(message, node.start, node.end, hint) from problem

    return condition


def compile_for(node: nodes.For) -> Emit:
    iterable = compile_expression(node.iterable)
    body, otherwise = compile_body(node.body), compile_body(node.otherwise)
    variable, start, end = node.variable, node.iterable.start, node.iterable.end

    def emit(frame: Frame, out: list[Any]) -> None:
        value = iterable(frame)
        if value is None:
            return
        items = walked(value, start, end)
        if not items:
            otherwise(frame, out)
            return
        scope: dict[str, Any] = {}
        frame.push(scope)
        last = len(items) - 1
        for index, item in enumerate(items):
            frame.step()
            scope.clear()
            scope[variable] = item
            scope["loop"] = Loop(index, last)
            body(frame, out)
        frame.scopes.pop()

    return emit


class Loop(dict[str, Any]):
    """`loop` in a body: filled when it is first asked."""

    __slots__ = ("at", "last_index")

    def __init__(self, at: int, last_index: int) -> None:
        super().__init__()
        self.at = at
        self.last_index = last_index

    def __missing__(self, key: str) -> Any:
        if self:
            raise KeyError(key)
        at, last = self.at, self.last_index
        self["last"] = at == last
        self["length"] = LazyNumber(last + 1)
        self["index"] = at
        self["revindex"] = LazyNumber(last - at)
        self["first"] = at == 0
        return self[key]

    def items(self) -> Any:
        if not self:
            self.__missing__("index")
        return super().items()


def walked(value: Any, start: int, end: int) -> Sequence[Any]:
    """What a `for` walks over."""
    if isinstance(value, list | Collection):
        return value
    if is_map(value):
        return [Entry(key, item) for key, item in value.items()]
    raise Refused(f"Not an iterable object. Value = [{to_text(value)}]", start, end)


def compile_set(node: nodes.Set) -> Emit:
    evaluate, name = compile_expression(node.value), node.name

    def emit(frame: Frame, out: list[Any]) -> None:  # noqa: ARG001
        frame.assign(name, evaluate(frame))

    return emit


def compile_macro(node: nodes.Macro) -> Emit:  # noqa: ARG001
    """A definition writes nothing where it stands; `compile_macros` makes it callable."""

    def emit(frame: Frame, out: list[Any]) -> None:
        pass

    return emit


def compile_macros(macros: dict[str, nodes.Macro]) -> dict[str, tuple[Any, Any]]:
    """Each macro's parameters with their defaults, and its body."""
    compiled = {}
    for name, macro in macros.items():
        parameters = tuple(
            (parameter, compile_expression(default) if default is not None else None)
            for parameter, default in macro.parameters
        )
        compiled[name] = (parameters, compile_body(macro.body))
    return compiled


def compile_filter_tag(node: nodes.FilterTag) -> Emit:
    body = compile_body(node.body)
    steps = tuple(compile_filter_step(one) for one in node.filters)

    def emit(frame: Frame, out: list[Any]) -> None:
        inner: list[Any] = []
        body(frame, inner)
        value: Any = plain(inner)
        for step in steps:
            value = step(frame, value)
        if value is not None:
            out.append(value)

    return emit


def compile_block(node: nodes.Block) -> Emit:
    name = node.name

    def emit(frame: Frame, out: list[Any]) -> None:
        frame.blocks[name](frame, out)

    return emit


def plain(pieces: Iterable[Any]) -> str:
    """The text of a macro, filter or block body: Java's text for lists and maps, not JSON."""
    return bounded("".join([piece if type(piece) is str else to_text(piece) for piece in pieces]))


STATEMENTS: Final[dict[type, Callable[[Any], Emit]]] = {
    nodes.Text: compile_text,
    nodes.Print: compile_print,
    nodes.If: compile_if,
    nodes.For: compile_for,
    nodes.Set: compile_set,
    nodes.Macro: compile_macro,
    nodes.FilterTag: compile_filter_tag,
    nodes.Block: compile_block,
}


# --- expressions


def compile_expression(node: Any) -> Evaluate:
    """An expression as a function of the frame."""
    return EXPRESSIONS[type(node)](node)


def compile_literal(node: nodes.Literal) -> Evaluate:
    value = node.value
    return lambda frame: value  # noqa: ARG005


def compile_name(node: nodes.Name) -> Evaluate:
    name, start, end = node

    def read(frame: Frame) -> Any:
        for scope in reversed(frame.scopes):
            if name in scope:
                return scope[name]
        try:
            return frame.variables[name]
        except KeyError:
            if name in ENGINE_VARIABLES:
                return name
            raise Absent(name, start, end) from None

    return read


def compile_interpolation(node: nodes.Interpolation) -> Evaluate:
    parts = tuple(compile_expression(part) for part in node.parts)
    if len(parts) == 1:
        return parts[0]

    def join(frame: Frame) -> str:
        values = [part(frame) for part in parts]
        return bounded("".join(["" if value is None else to_text(value) for value in values]))

    return join


def compile_list(node: nodes.ListLiteral) -> Evaluate:
    items = tuple(compile_expression(item) for item in node.items)
    return lambda frame: [item(frame) for item in items]


def compile_map(node: nodes.MapLiteral) -> Evaluate:
    pairs = tuple((compile_expression(key), compile_expression(value)) for key, value in node.items)

    def build(frame: Frame) -> dict[Any, Any]:
        from flowrun.template.hash_order import hash_ordered, literal_capacity

        items = {key(frame): value(frame) for key, value in pairs}
        return hash_ordered(items, literal_capacity(len(pairs)))

    return build


def compile_unary(node: nodes.Unary) -> Evaluate:
    operand = compile_expression(node.operand)
    apply = {"not": operators.negated, "-": operators.negate, "+": operators.plus}[node.operator]

    def evaluate(frame: Frame) -> Any:
        value = operand(frame)
        try:
            return apply(value)
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return evaluate


def compile_binary(node: nodes.Binary) -> Evaluate:
    left, right = compile_expression(node.left), compile_expression(node.right)
    return BINARIES[node.operator](node, left, right)


WRAPPED: Final[dict[str, tuple[Callable[[Any, Any], Any], str]]] = {
    "+": (operators.add, "Could not perform addition"),
    "-": (operators.subtract, "Could not perform subtraction"),
    "*": (lambda left, right: operators.arithmetic("*", left, right), "Could not perform multiplication"),
    "/": (lambda left, right: operators.arithmetic("/", left, right), "Could not perform division"),
    "%": (lambda left, right: operators.arithmetic("%", left, right), "Could not perform greater modulus"),
    "==": (operators.equal, "Could not perform equals comparison"),
    "equals": (operators.equal, "Could not perform equals comparison"),
    "!=": (lambda left, right: not operators.equal(left, right), "Could not perform not equals comparison"),
    ">": (
        lambda left, right: operators.compare(left, right, operator.gt),
        "Could not perform greater than comparison",
    ),
    ">=": (
        lambda left, right: operators.compare(left, right, operator.ge),
        "Could not perform greater than or equals comparison",
    ),
    "<": (lambda left, right: operators.compare(left, right, operator.lt), "Could not perform greater modulus"),
    "<=": (
        lambda left, right: operators.compare(left, right, operator.le),
        "Could not perform less than or equals comparison",
    ),
}


def compile_wrapped(node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
    """Operators whose message hides every error of their operands, missing variables included (spec, 2.2)."""
    apply, message = WRAPPED[node.operator]

    def evaluate(frame: Frame) -> Any:
        try:
            result = apply(left(frame), right(frame))
            return bounded(result) if type(result) is str else result
        except (Absent, Failure, Refused) as problem:
            hint = f"`{problem.name}` does not exist here" if isinstance(problem, Absent) else str(problem)
            raise Refused(message, node.start, node.end, hint) from problem

    return evaluate


def compile_direct(apply: Callable[[Any, Any], Any]) -> Callable[[nodes.Binary, Evaluate, Evaluate], Evaluate]:
    """Operators that let errors of their operands through."""

    def build(node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
        def evaluate(frame: Frame) -> Any:
            first = left(frame)
            second = right(frame)
            try:
                result = apply(first, second)
                return bounded(result) if type(result) is str else result
            except Failure as problem:
                raise Refused(str(problem), node.start, node.end) from problem

        return evaluate

    return build


def compile_contains(node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(frame: Frame) -> bool:
        container = left(frame)
        if container is None:
            return False
        item = right(frame)
        try:
            return operators.contains(container, item)
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return evaluate


def compile_logic(node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
    word, decisive = node.operator, node.operator == "or"

    def evaluate(frame: Frame) -> bool:
        try:
            if operators.logical(left(frame), word) is decisive:
                return decisive
            return operators.logical(right(frame), word)
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return evaluate


def compile_coalesce(node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
    keeps_null = node.operator == "???"

    def evaluate(frame: Frame) -> Any:
        try:
            value = left(frame)
        except Absent:
            return right(frame)
        return right(frame) if value is None and not keeps_null else value

    return evaluate


BINARIES: Final[dict[str, Callable[[nodes.Binary, Evaluate, Evaluate], Evaluate]]] = {
    **dict.fromkeys(WRAPPED, compile_wrapped),
    "~": compile_direct(operators.concatenate),
    "..": compile_direct(operators.as_range),
    "isIn": compile_direct(operators.is_in),
    "contains": compile_contains,
    "and": compile_logic,
    "or": compile_logic,
    "??": compile_coalesce,
    "???": compile_coalesce,
}


def compile_ternary(node: nodes.Ternary) -> Evaluate:
    condition, then, otherwise = map(compile_expression, (node.condition, node.then, node.otherwise))

    def evaluate(frame: Frame) -> Any:
        value = condition(frame)
        try:
            chosen = value is not None and operators.truth(value)
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem
        return then(frame) if chosen else otherwise(frame)

    return evaluate


def compile_attribute(node: nodes.Attribute) -> Evaluate:
    operand = compile_expression(node.operand)
    start, end = node.start, node.end
    root = node.operand.name if isinstance(node.operand, nodes.Name) else None
    if node.arguments is not None:
        return compile_method(node, operand, root)
    if isinstance(node.subscript, nodes.Literal) and type(node.subscript.value) is str:
        return compile_key(node.subscript.value, operand, root, start, end)
    subscript = compile_expression(node.subscript)

    def read(frame: Frame) -> Any:
        value = operand(frame)
        key = subscript(frame)
        if value is None:
            raise Absent(root or to_text(key), start, end)
        return attribute(value, key, start, end)

    return read


def compile_key(key: str, operand: Evaluate, root: str | None, start: int, end: int) -> Evaluate:
    """The usual case: a fixed key."""

    def read(frame: Frame) -> Any:
        value = operand(frame)
        if type(value) is dict:
            try:
                return value[key]
            except KeyError:
                raise Absent(key, start, end) from None
        if value is None:
            raise Absent(root or key, start, end)
        return attribute(value, key, start, end)

    return read


def attribute(value: Any, key: Any, start: int, end: int) -> Any:
    try:
        return get(value, key)
    except Missing as missing:
        raise Absent(str(missing), start, end) from None
    except Failure as problem:
        raise Refused(str(problem), start, end) from problem


def compile_method(node: nodes.Attribute, operand: Evaluate, root: str | None) -> Evaluate:
    name = node.subscript.value
    arguments = tuple(compile_expression(argument) for argument in node.arguments or ())

    def invoke(frame: Frame) -> Any:
        value = operand(frame)
        given = tuple(argument(frame) for argument in arguments)
        if value is None:
            raise Absent(root or name, node.start, node.end)
        try:
            result = call(value, name, given)
            return bounded(result) if type(result) is str else result
        except Missing as missing:
            raise Absent(str(missing), node.start, node.end) from None
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return invoke


# --- calls


def bind(
    parameters: tuple[str, ...] | None, positional: Sequence[Any], named: Iterable[tuple[str, Any]], what: str
) -> Arguments:
    """Arguments by name (spec, 2.13); those of a callable without declared names by position."""
    if parameters is None:
        return {**{str(place): value for place, value in enumerate(positional)}, **dict(named)}
    if len(positional) > len(parameters):
        place, most = len(parameters) + 1, len(parameters)
        raise Failure(f"The argument at position {place} is not allowed. Only {most} argument(s) are allowed.")
    arguments = dict(zip(parameters, positional, strict=False))
    for name, value in named:
        if name not in parameters:
            raise Failure(f"The following named argument does not exist: {name}{what}")
        arguments[name] = value
    return arguments


def compile_arguments(node: nodes.Call | nodes.Filtered) -> Callable[[Frame], tuple[list[Any], list[tuple[str, Any]]]]:
    positional = tuple(compile_expression(argument) for argument in node.positional)
    named = tuple((name, compile_expression(argument)) for name, argument in node.named)
    if not positional and not named:
        return lambda frame: ([], [])  # noqa: ARG005
    return lambda frame: ([one(frame) for one in positional], [(name, one(frame)) for name, one in named])


def compile_filter_step(node: nodes.Filtered) -> Callable[[Frame, Any], Any]:
    """A filter as a function of its input; looked up when first used, as unknown names fail only then."""
    arguments = compile_arguments(node)

    def apply(frame: Frame, value: Any) -> Any:
        return apply_filter(node, frame, value, *arguments(frame))

    return apply


def apply_filter(
    node: nodes.Filtered, frame: Frame, value: Any, positional: list[Any], named: list[tuple[str, Any]]
) -> Any:
    found = find_filter(node.name)
    if found is None:
        hint = nearest_filter(node.name)
        raise Refused(f"Filter [{node.name}] does not exist.", node.start, node.end, hint)
    try:
        result = found.apply(value, bind(found.parameters, positional, named, ""), frame)
        return bounded(result) if type(result) is str else result
    except Failure as problem:
        raise Refused(str(problem), node.start, node.end) from problem


def compile_filtered(node: nodes.Filtered) -> Evaluate:
    operand = compile_expression(node.operand)
    arguments = compile_arguments(node)
    if node.name == "default":
        return compile_default(node, operand)

    def evaluate(frame: Frame) -> Any:
        positional, named = arguments(frame)
        return apply_filter(node, frame, operand(frame), positional, named)

    return evaluate


def compile_default(node: nodes.Filtered, operand: Evaluate) -> Evaluate:
    """`default`: also for a missing input (spec, 6.1)."""
    arguments = compile_arguments(node)

    def evaluate(frame: Frame) -> Any:
        try:
            default = bind(("default",), *arguments(frame), "").get("default")
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem
        try:
            value = operand(frame)
        except Absent:
            return default
        return default if is_empty(value) else value

    return evaluate


def compile_test(node: nodes.Test) -> Evaluate:
    operand, negated = compile_expression(node.operand), node.negated
    if node.name == "defined":
        return compile_defined(operand, negated=negated)

    def evaluate(frame: Frame) -> bool:
        value = operand(frame)
        test = TESTS.get(node.name)
        if test is None:
            raise Refused(f"Test [{node.name}] does not exist.", node.start, node.end, nearest_of(node.name, TESTS))
        try:
            return test(value) is not negated
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return evaluate


def compile_defined(operand: Evaluate, *, negated: bool) -> Evaluate:
    def evaluate(frame: Frame) -> bool:
        try:
            return (operand(frame) is not None) is not negated
        except Absent:
            return negated

    return evaluate


def compile_call(node: nodes.Call) -> Evaluate:
    arguments = compile_arguments(node)

    def evaluate(frame: Frame) -> Any:
        try:
            return call_function(node, frame, *arguments(frame))
        except Failure as problem:
            raise Refused(str(problem), node.start, node.end) from problem

    return evaluate


def call_function(node: nodes.Call, frame: Frame, positional: list[Any], named: list[tuple[str, Any]]) -> Any:
    """A function of this name, else a macro."""
    from flowrun.template.functions import FUNCTIONS

    if node.name == "block":
        return call_block(frame, positional, named)
    if node.name == "parent":
        raise Failure("Can not use parent function if template does not extend another template.")
    if (function := FUNCTIONS.get(node.name)) is not None:
        return function.call(bind(function.parameters, positional, named, ""), frame)
    if node.name in frame.macros:
        return call_macro(node.name, frame, positional, named)
    hint = nearest_of(node.name, [*FUNCTIONS, *frame.macros])
    raise Refused(f"Function or Macro [{node.name}] does not exist.", node.start, node.end, hint)


def call_block(frame: Frame, positional: list[Any], named: list[tuple[str, Any]]) -> str | None:
    name = bind(("name",), positional, named, "").get("name")
    if name is None:
        raise Failure('Cannot invoke "Object.toString()" because the block name is null')
    out: list[Any] = []
    if (body := frame.blocks.get(to_text(name))) is not None:
        body(frame, out)
    return plain(out)


def call_macro(name: str, frame: Frame, positional: list[Any], named: list[tuple[str, Any]]) -> SafeString:
    """A macro sees its parameters only; missing ones are null."""
    parameters, body = frame.macros[name]
    given = bind(tuple(parameter for parameter, _ in parameters), positional, named, "")
    inner = Frame({}, frame.host, frame.macros, frame.blocks, frame.rendering, frame.depth)
    inner.steps = frame.steps
    scope: dict[str, Any] = {}
    inner.scopes.append(scope)
    for parameter, default in parameters:
        scope[parameter] = given[parameter] if parameter in given else default(inner) if default else None
    out: list[Any] = []
    body(inner, out)
    frame.steps = inner.steps
    return SafeString(plain(out))


def nearest_filter(name: str) -> str | None:
    """A filter with nearly this name."""
    from flowrun.template.filters import GROUP_OF

    return nearest_of(name, [*GROUP_OF, "default"])


def nearest_of(name: str, known: Iterable[str]) -> str | None:
    """`did you mean …?`, if anything comes near."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), 1)
    return f"did you mean `{close[0]}`?" if close else None


EXPRESSIONS: Final[dict[type, Callable[[Any], Evaluate]]] = {
    nodes.Literal: compile_literal,
    nodes.Name: compile_name,
    nodes.Interpolation: compile_interpolation,
    nodes.ListLiteral: compile_list,
    nodes.MapLiteral: compile_map,
    nodes.Unary: compile_unary,
    nodes.Binary: compile_binary,
    nodes.Ternary: compile_ternary,
    nodes.Attribute: compile_attribute,
    nodes.Filtered: compile_filtered,
    nodes.Test: compile_test,
    nodes.Call: compile_call,
}
