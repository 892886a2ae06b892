"""Nodes to closures: whatever can be decided before rendering is decided here, once.

An expression becomes `evaluate(rendering) -> value`, a statement `execute(rendering, out)`, where `out` collects what
is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from flowrun.template import attributes, nodes, operators
from flowrun.template.callables import Failure, Missing
from flowrun.template.filters import GROUP_OF, find
from flowrun.template.hash_order import hash_ordered, literal_capacity
from flowrun.template.limits import CONTAINERS, LARGE, LARGE_MAP, LONGEST_TEXT, LimitReached, bounded
from flowrun.template.parser import parse
from flowrun.template.rendering import Macro, Rendering, Show, bind
from flowrun.template.tests import TESTS
from flowrun.template.values import (
    Array,
    Collection,
    Entry,
    HashMap,
    LoopState,
    SafeString,
    is_list,
    is_map,
    to_text,
)

if TYPE_CHECKING:
    from flowrun.template.callables import Filter, Function
    from flowrun.template.host import Host

Evaluate = Callable[[Rendering], Any]
Execute = Callable[[Rendering, list[Any]], None]

SIZED: Final = (str, list, dict)
NOT_OURS: Final = (LimitReached, RecursionError, MemoryError)
"""What no operator turns into a failure of its own."""

CHANGES: Final = re.compile(r"sort|reverse|\.\s*(add|put|remove|clear|set|merge|replaceAll|retain|poll|pop)")
"""What the names of filters and methods that work in place begin with."""


class Program:
    """A compiled template. Raises `SyntaxProblem`, `LimitReached`, `RecursionError`."""

    __slots__ = ("blocks", "body", "changes_values", "macros")

    def __init__(self, source: str) -> None:
        parsed = parse(source)
        compiler = Compiler(source, parsed)
        self.changes_values = CHANGES.search(source) is not None
        self.macros = {name: compiler.macro(macro) for name, macro in parsed.macros.items()}
        self.blocks = {name: compiler.body(block.body) for name, block in parsed.blocks.items()}
        self.body = compiler.body(parsed.body)

    def run(self, variables: Mapping[str, Any], host: Host, show: Show | None, within: Rendering | None) -> list[Any]:
        """What one rendering writes: texts, or with `show` None the values themselves."""
        out: list[Any] = []
        run = Rendering(self, variables, host, show, within)
        try:
            self.body(run, out)
        finally:
            if within is not None:
                within.steps = run.steps
        return out


class Compiler:
    """Makes closures for the nodes of one template."""

    def __init__(self, source: str, parsed: nodes.Parsed) -> None:
        self.made = parsed.made
        self.has_macros = bool(parsed.macros)
        self.mentions_loop = "loop" in source or "#{" in source or "render" in source

    # --- statements

    def body(self, statements: tuple[Any, ...]) -> Execute:
        """Several statements in a row."""
        executes = [self.statement(statement) for statement in statements if not isinstance(statement, nodes.Macro)]
        if len(executes) == 1:
            return executes[0]

        def execute(run: Rendering, out: list[Any]) -> None:
            for one in executes:
                one(run, out)

        return execute

    def statement(self, node: Any) -> Execute:
        return STATEMENTS[type(node)](self, node)

    def text(self, node: nodes.Text) -> Execute:
        text, length = node.text, len(node.text)

        def execute(run: Rendering, out: list[Any]) -> None:
            size = run.size = run.size + length
            if size > LONGEST_TEXT:
                raise output_too_long()
            out.append(text)

        return execute

    def print(self, node: nodes.Print) -> Execute:
        return self.written(self.expression(node.expression), node.expression.start, node.expression.end)

    def written(self, evaluate: Evaluate, start: int, end: int) -> Execute:
        """The statement that shows a value."""

        def execute(run: Rendering, out: list[Any]) -> None:
            value = evaluate(run)
            kind = type(value)
            if kind is int and run.show is not None:
                value = f"{value}"  # as `show` would, but its call is a fifth of what a pass of a loop takes
            elif kind is not str:
                if value is None:
                    return
                if run.show is None:
                    out.append(value)
                    return
                try:
                    value = run.show(value)
                except TypeError as problem:
                    raise Failure(str(problem)).at(start, end) from problem
            size = run.size = run.size + len(value)
            if size > LONGEST_TEXT:
                raise output_too_long()
            out.append(value)

        return execute

    def if_tag(self, node: nodes.If) -> Execute:
        branches = [(self.condition(condition), self.body(body)) for condition, body in node.branches]
        otherwise = self.body(node.otherwise) if node.otherwise else None

        def execute(run: Rendering, out: list[Any]) -> None:
            for holds, body in branches:
                if holds(run):
                    body(run, out)
                    return
            if otherwise is not None:
                otherwise(run, out)

        return execute

    def condition(self, node: Any) -> Callable[[Rendering], bool]:
        """The condition of an `if`: whatever goes wrong in it has one message."""
        evaluate = self.expression(node)

        def holds(run: Rendering) -> bool:
            try:
                value = evaluate(run)
                if value is True or value is False:
                    return bool(value)
                return operators.truth(value)
            except NOT_OURS:
                raise
            except Exception as problem:
                message = "Wrong operand(s) type in conditional expression"
                raise Failure(message).at(node.start, node.end) from problem

        return holds

    def for_tag(self, node: nodes.For) -> Execute:
        iterable = self.expression(node.iterable)
        body = self.body(node.body)
        otherwise = self.body(node.otherwise) if node.otherwise else None
        variable, start, end = node.variable, node.iterable.start, node.iterable.end
        with_loop = self.mentions_loop

        def execute(run: Rendering, out: list[Any]) -> None:
            value = iterable(run)
            if value is None:
                return
            items = elements(value, start, end)
            if not items:
                if otherwise is not None:
                    otherwise(run, out)
                return
            run.take_steps(len(items))
            scope: dict[str, Any] = {}
            run.scopes.append(scope)
            try:
                for item in with_loop_state(items, scope) if with_loop else items:
                    scope[variable] = item
                    body(run, out)
            finally:
                run.scopes.pop()

        return execute

    def set_tag(self, node: nodes.Set) -> Execute:
        name, evaluate = node.name, self.expression(node.value)

        def execute(run: Rendering, _out: list[Any]) -> None:
            run.assign(name, evaluate(run))

        return execute

    def filter_tag(self, node: nodes.FilterTag) -> Execute:
        body = self.body(node.body)
        steps = [self.filter_step(step) for step in node.filters]

        def evaluate(run: Rendering) -> Any:
            value: Any = run.aside(body)
            for step in steps:
                value = step(run, value)
            return value

        return self.written(evaluate, node.filters[0].start, node.filters[-1].end)

    def block_tag(self, node: nodes.Block) -> Execute:
        name = node.name

        def execute(run: Rendering, out: list[Any]) -> None:
            # The last block of a name replaces the others everywhere; one in a filter tag is not known.
            body = run.program.blocks.get(name)
            if body is not None:
                body(run, out)

        return execute

    def macro(self, node: nodes.Macro) -> Macro:
        names = tuple(name for name, _ in node.parameters)
        defaults = [(name, self.expression(value)) for name, value in node.parameters if value is not None]
        return Macro(node.name, names, defaults, self.body(node.body))

    # --- expressions

    def expression(self, node: Any) -> Evaluate:
        return EXPRESSIONS[type(node)](self, node)

    def literal(self, node: nodes.Literal) -> Evaluate:
        value = node.value
        return lambda _run: value

    def name(self, node: nodes.Name) -> Evaluate:
        """A variable: read without a search where no tag can have made it."""
        name, start, end = node.name, node.start, node.end
        if name in self.made or self.has_macros:
            return self.scoped_name(node)

        def given(run: Rendering) -> Any:
            try:
                return run.variables[name]
            except KeyError:
                return run.read(name, start, end)

        return given

    def scoped_name(self, node: nodes.Name) -> Evaluate:
        """A name that a tag may have made: mostly one of the innermost scope."""
        name, start, end = node.name, node.start, node.end

        def evaluate(run: Rendering) -> Any:
            scope = run.scopes[-1]
            return scope[name] if name in scope else run.read(name, start, end)

        return evaluate

    def interpolation(self, node: nodes.Interpolation) -> Evaluate:
        parts = [self.expression(part) for part in node.parts]
        if len(parts) == 1:
            return parts[0]

        def evaluate(run: Rendering) -> str:
            values = [part(run) for part in parts]
            return bounded("".join(["" if value is None else to_text(value) for value in values]))

        return evaluate

    def list_literal(self, node: nodes.ListLiteral) -> Evaluate:
        items = [self.expression(item) for item in node.items]

        def evaluate(run: Rendering) -> list[Any]:
            made = [item(run) for item in items]
            return run.weigh(made) if any(isinstance(one, CONTAINERS) for one in made) else made

        return evaluate

    def map_literal(self, node: nodes.MapLiteral) -> Evaluate:
        pairs = [(self.expression(key), self.expression(value)) for key, value in node.items]
        capacity, start, end = literal_capacity(len(pairs)), node.start, node.end

        def evaluate(run: Rendering) -> Any:
            entries = [(key(run), value(run)) for key, value in pairs]
            try:
                made = HashMap(entries) if len(entries) < 2 else hash_ordered(entries, capacity)
            except TypeError:
                raise Failure("A list or map can't be a key").at(start, end) from None
            return run.weigh(made) if any(isinstance(one, CONTAINERS) for _, one in entries) else made

        return evaluate

    def unary(self, node: nodes.Unary) -> Evaluate:
        operand, start, end = self.expression(node.operand), node.start, node.end
        apply = UNARY[node.operator]

        def evaluate(run: Rendering) -> Any:
            value = operand(run)
            try:
                return apply(value)
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place

        return evaluate

    def binary(self, node: nodes.Binary) -> Evaluate:
        symbol = node.operator
        if symbol == "~":
            return self.concatenation(node)
        if symbol in ("??", "???"):
            return self.coalescing(node)
        if symbol in ("and", "or"):
            return self.logical(node)
        if symbol in UNWRAPPED:
            return self.unwrapped(node)
        left, right = self.expression(node.left), self.expression(node.right)
        apply, message = WRAPPED[symbol]
        start, end = node.start, node.end

        def evaluate(run: Rendering) -> Any:
            try:
                return apply(left(run), right(run))
            except NOT_OURS:
                raise
            except Exception as problem:
                # Whatever goes wrong, missing variables included, is told as a failure of the operator.
                raise Failure(message).at(start, end) from problem

        return evaluate

    def unwrapped(self, node: nodes.Binary) -> Evaluate:
        left, right = self.expression(node.left), self.expression(node.right)
        apply, start, end = UNWRAPPED[node.operator], node.start, node.end
        skips_null = node.operator == "contains"

        def evaluate(run: Rendering) -> Any:
            first = left(run)
            if skips_null and first is None:
                return False
            second = right(run)
            try:
                result = apply(first, second)
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place
            if type(result) is list:
                run.take_steps(len(result))
            return result

        return evaluate

    def concatenation(self, node: nodes.Binary) -> Evaluate:
        """A chain of `~` at once: `a ~ b ~ c` needs no text of `a ~ b`."""
        operands: list[Evaluate] = []
        first: Any = node
        while isinstance(first, nodes.Binary) and first.operator == "~":
            operands.append(self.expression(first.right))
            first = first.left
        operands.append(self.expression(first))
        operands.reverse()

        def evaluate(run: Rendering) -> str:
            texts = []
            for operand in operands:
                value = operand(run)
                if value is not None:
                    texts.append(value if type(value) is str else to_text(value))
            return bounded("".join(texts))

        return evaluate

    def coalescing(self, node: nodes.Binary) -> Evaluate:
        left, right = self.expression(node.left), self.expression(node.right)
        keeps_null = node.operator == "???"

        def evaluate(run: Rendering) -> Any:
            try:
                value = left(run)
            except Missing:
                return right(run)
            return right(run) if value is None and not keeps_null else value

        return evaluate

    def logical(self, node: nodes.Binary) -> Evaluate:
        left, right = self.expression(node.left), self.expression(node.right)
        decided = node.operator == "or"
        start, end = node.start, node.end

        def evaluate(run: Rendering) -> bool:
            try:
                if operators.logical(left(run)) is decided:
                    return decided
                return operators.logical(right(run))
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place

        return evaluate

    def ternary(self, node: nodes.Ternary) -> Evaluate:
        condition, then, otherwise = map(self.expression, (node.condition, node.then, node.otherwise))
        start, end = node.condition.start, node.condition.end

        def evaluate(run: Rendering) -> Any:
            value = condition(run)
            try:
                holds = value is not None and operators.truth(value)
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place
            return then(run) if holds else otherwise(run)

        return evaluate

    def test(self, node: nodes.Test) -> Evaluate:
        operand, negated = self.expression(node.operand), node.negated
        if node.name == "defined":

            def defined(run: Rendering) -> bool:
                try:
                    return (operand(run) is not None) is not negated
                except Missing:
                    return negated

            return defined
        apply, name, start, end = TESTS.get(node.name), node.name, node.start, node.end

        def evaluate(run: Rendering) -> bool:
            if apply is None:
                raise unknown(f"Test [{name}] does not exist.", name, [*TESTS, "defined"]).at(start, end)
            value = operand(run)
            try:
                return apply(value) is not negated
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place

        return evaluate

    # --- attributes

    def attribute(self, node: nodes.Attribute) -> Evaluate:
        operand, start, end = self.expression(node.operand), node.start, node.end
        root = node.operand.name if isinstance(node.operand, nodes.Name) else None
        if node.arguments is not None:
            return self.method(node, operand, root)
        if isinstance(node.subscript, nodes.Literal) and type(node.subscript.value) is str:
            return key_of(operand, node.subscript.value, root, start, end)
        subscript = self.expression(node.subscript)

        def evaluate(run: Rendering) -> Any:
            value = operand(run)
            key = subscript(run)
            if value is None:
                raise Missing(root or to_text(key), start, end)
            return looked_up(lambda: attributes.get(value, key), value, start, end)

        return evaluate

    def method(self, node: nodes.Attribute, operand: Evaluate, root: str | None) -> Evaluate:
        name, start, end = str(node.subscript.value), node.start, node.end
        arguments = [self.expression(argument) for argument in node.arguments or ()]

        def evaluate(run: Rendering) -> Any:
            value = operand(run)
            given = tuple(argument(run) for argument in arguments)
            if value is None:
                raise Missing(root or name, start, end)
            found = looked_up(lambda: attributes.call(value, name, given), value, start, end)
            if isinstance(value, CONTAINERS) and any(isinstance(one, CONTAINERS) for one in given):
                run.weigh(value)
            return found

        return evaluate

    # --- calls

    def filtered(self, node: nodes.Filtered) -> Evaluate:
        operand = self.expression(node.operand)
        if node.name == "default":
            return self.default(node, operand)
        step = self.filter_step(node)
        return lambda run: step(run, operand)

    def default(self, node: nodes.Filtered, operand: Evaluate) -> Evaluate:
        """`default` is a filter whose input may be missing."""
        step = self.filter_step(node)

        def input_or_null(run: Rendering) -> Any:
            try:
                return operand(run)
            except Missing:
                return None

        return lambda run: step(run, input_or_null)

    def filter_step(self, node: nodes.Filtered) -> Callable[[Rendering, Any], Any]:
        """A filter, to be given its input or the closure of it (arguments are evaluated before the input)."""
        name, start, end = node.name, node.start, node.end
        positional, named = self.arguments(node)
        bare = not positional and not named
        found: Filter | None = None

        def step(run: Rendering, source: Any) -> Any:
            nonlocal found
            if found is None:
                found = find_filter(name, start, end)
            try:
                if bare:
                    given = {}
                else:
                    given = bind(found.parameters, [one(run) for one in positional], {k: one(run) for k, one in named})
                value = source(run) if callable(source) else source
                if isinstance(value, SIZED):
                    run.take_steps(len(value) // (LARGE_MAP if isinstance(value, dict) else LARGE))
                return found.apply(value, given, run)
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place

        return step

    def arguments(self, node: Any) -> tuple[list[Evaluate], list[tuple[str, Evaluate]]]:
        positional = [self.expression(one) for one in node.positional]
        return positional, [(name, self.expression(one)) for name, one in node.named]

    def call(self, node: nodes.Call) -> Evaluate:
        name, start, end = node.name, node.start, node.end
        positional, named = self.arguments(node)
        found: Function | None = None

        def evaluate(run: Rendering) -> Any:
            nonlocal found
            if found is None:
                found = find_function(name)
            try:
                given = [one(run) for one in positional]
                given_named = {key: one(run) for key, one in named}
                if found is not None:
                    result = found.call(bind(found.parameters, given, given_named), run)
                    if type(result) is list:
                        run.take_steps(len(result))
                    return result
                if name in run.program.macros:
                    return SafeString(run.macro(name, given, given_named))
                raise unknown_function(name, run)
            except Failure as failure:
                raise failure.at(start, end)  # noqa: B904 - the same failure, with its place

        return evaluate


def elements(value: Any, start: int, end: int) -> list[Any] | tuple[Any, ...]:
    """What `for` walks over, as it is now: the body may change a list."""
    if is_list(value) or isinstance(value, Array):
        return list(value)
    if isinstance(value, Collection):
        return value
    if is_map(value):
        return [Entry(key, value[key]) for key in value]
    raise Failure(f"Not an iterable object. Value = [{to_text(value)}]").at(start, end)


def with_loop_state(items: list[Any] | tuple[Any, ...], scope: dict[str, Any]) -> Iterator[Any]:
    """The items; before each, `loop` is set for it."""
    for index, item in enumerate(items):
        scope["loop"] = LoopState(index, len(items))
        yield item


def output_too_long() -> LimitReached:
    return LimitReached(f"The output has more than {LONGEST_TEXT} characters")


def key_of(operand: Evaluate, key: str, root: str | None, start: int, end: int) -> Evaluate:
    """`operand.key`: mostly the key of a plain dict, or a field of `loop`."""
    field = attributes.FIELDS.get(key)

    def evaluate(run: Rendering) -> Any:
        value = operand(run)
        if type(value) is dict and key in value:
            return value[key]
        if field is not None and type(value) is field[0]:
            return field[1](value)
        if value is None:
            raise Missing(root or key, start, end)
        return looked_up(lambda: attributes.get(value, key), value, start, end)

    return evaluate


def looked_up(look_up: Callable[[], Any], holder: Any, start: int, end: int) -> Any:
    """The result of a look-up; what it raises gets a place."""
    try:
        return look_up()
    except Missing as missing:
        raise Missing(missing.name, start, end, holder) from None
    except Failure as failure:
        raise failure.at(start, end)  # noqa: B904 - the same failure, with its place


def find_filter(name: str, start: int, end: int) -> Filter:
    found = find(name)
    if found is None:
        raise unknown(f"Filter [{name}] does not exist.", name, list(GROUP_OF)).at(start, end)
    return found


def find_function(name: str) -> Function | None:
    from flowrun.template.functions import FUNCTIONS

    return FUNCTIONS.get(name)


def unknown_function(name: str, run: Rendering) -> Failure:
    from flowrun.template.functions import FUNCTIONS

    return unknown(f"Function or Macro [{name}] does not exist.", name, [*FUNCTIONS, *run.program.macros])


def unknown(message: str, name: str, known: list[str]) -> Failure:
    """A failure for a name that nothing has, with the nearest that something has."""
    from flowrun.diagnostics import did_you_mean

    failure = Failure(message)
    failure.hint = did_you_mean(name, known)
    return failure


UNARY: Final[dict[str, Callable[[Any], Any]]] = {
    "not": operators.negated,
    "-": operators.negate,
    "+": operators.plus,
}
UNWRAPPED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "contains": operators.contains,
    "isIn": operators.is_in,
    "..": operators.as_range,
}
WRAPPED: Final[dict[str, tuple[Callable[[Any, Any], Any], str]]] = {
    "+": (operators.add, "Could not perform addition"),
    "-": (operators.subtract, "Could not perform subtraction"),
    "*": (operators.multiply, "Could not perform multiplication"),
    "/": (operators.divide, "Could not perform division"),
    "%": (operators.remainder, "Could not perform greater modulus"),
    "==": (operators.equal, "Could not perform equals comparison"),
    "equals": (operators.equal, "Could not perform equals comparison"),
    "!=": (operators.unequal, "Could not perform not equals comparison"),
    ">": (operators.greater, "Could not perform greater than comparison"),
    ">=": (operators.greater_or_equal, "Could not perform greater than or equals comparison"),
    # The engine's own slip: it says of `<` what it says of `%`.
    "<": (operators.less, "Could not perform greater modulus"),
    "<=": (operators.less_or_equal, "Could not perform less than or equals comparison"),
}
STATEMENTS: Final[Mapping[type, Callable[[Compiler, Any], Execute]]] = {
    nodes.Text: Compiler.text,
    nodes.Print: Compiler.print,
    nodes.If: Compiler.if_tag,
    nodes.For: Compiler.for_tag,
    nodes.Set: Compiler.set_tag,
    nodes.FilterTag: Compiler.filter_tag,
    nodes.Block: Compiler.block_tag,
}
EXPRESSIONS: Final[Mapping[type, Callable[[Compiler, Any], Evaluate]]] = {
    nodes.Literal: Compiler.literal,
    nodes.Name: Compiler.name,
    nodes.Interpolation: Compiler.interpolation,
    nodes.ListLiteral: Compiler.list_literal,
    nodes.MapLiteral: Compiler.map_literal,
    nodes.Unary: Compiler.unary,
    nodes.Binary: Compiler.binary,
    nodes.Ternary: Compiler.ternary,
    nodes.Call: Compiler.call,
    nodes.Filtered: Compiler.filtered,
    nodes.Test: Compiler.test,
    nodes.Attribute: Compiler.attribute,
}
