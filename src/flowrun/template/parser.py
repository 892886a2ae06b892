"""Segments to nodes: precedence climbing for expressions, one method a tag (spec, chapters 2 and 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowrun.template import nodes
from flowrun.template.failures import SyntaxProblem
from flowrun.template.lexer import Segment, Token, split
from flowrun.template.values import LONG_MAX, Long

if TYPE_CHECKING:
    from collections.abc import Callable

BINARY: Final = {
    "or": 10,
    "and": 15,
    "is": 20,
    "is not": 20,
    "contains": 20,
    "==": 30,
    "!=": 30,
    "equals": 30,
    ">": 30,
    "<": 30,
    ">=": 30,
    "<=": 30,
    "+": 40,
    "-": 40,
    "*": 60,
    "/": 60,
    "%": 60,
    "|": 100,
    "~": 110,
    "..": 120,
    "??": 120,
    "???": 120,
    "isIn": 120,
}
UNARY: Final = frozenset({"not", "+", "-"})
UNARY_PRECEDENCE: Final = 500
CONSTANTS: Final[dict[str, Any]] = {
    "true": True,
    "TRUE": True,
    "false": False,
    "FALSE": False,
    "null": None,
    "NULL": None,
    "none": None,
    "NONE": None,
}
UNASSIGNABLE: Final = frozenset({"true", "false", "null", "none"})
DEEPEST: Final = 120
KINDS: Final = {
    "op": "OPERATOR",
    "name": "NAME",
    "long": "LONG",
    "number": "NUMBER",
    "punct": "PUNCTUATION",
    "string": "STRING",
    "parts": "STRING",
    "end": "PRINT_END",
    "eof": "EOF",
}


def parse(source: str) -> nodes.Parsed:
    """The parsed template. Raises `SyntaxProblem`."""
    return Parser(source).template()


class Parser:
    """Reads the segments of one template in order."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.segments = split(source)
        self.position = 0
        self.depth = 0
        self.macros: dict[str, nodes.Macro] = {}
        self.blocks: dict[str, nodes.Block] = {}
        self.made: set[str] = {"loop"}

    def template(self) -> nodes.Parsed:
        body, _ = self.body(())
        return nodes.Parsed(body, self.macros, self.blocks, frozenset(self.made))

    def body(self, ends: tuple[str, ...]) -> tuple[tuple[Any, ...], Tokens]:
        """Statements up to a tag of one of these names, which is returned with its name taken."""
        statements: list[Any] = []
        while self.position < len(self.segments):
            segment = self.segments[self.position]
            self.position += 1
            if segment.kind == "text":
                statements.append(nodes.Text(segment.text))
                continue
            tokens = Tokens(self.source, segment)
            if segment.kind == "print":
                expression = tokens.expression()
                tokens.finish()
                statements.append(nodes.Print(expression, segment.start, segment.end))
                continue
            name = tokens.tag_name()
            if name in ends:
                return tuple(statements), tokens
            statements.append(self.tag(name, tokens))
        if ends:
            message = f'Unexpected end of template. Pebble was looking for the "{ends[-1]}" tag'
            raise SyntaxProblem(message, max(len(self.source) - 1, 0))
        return tuple(statements), Tokens(self.source, Segment("tag", "", [], 0, 0))

    def tag(self, name: str, tokens: Tokens) -> Any:
        parse_tag = TAGS.get(name)
        if parse_tag is None:
            raise SyntaxProblem(f'Unexpected tag name "{name}"', tokens.start, unknown_tag_hint(name))
        self.depth += 1
        if self.depth > DEEPEST:
            raise SyntaxProblem(f"Tags are nested more than {DEEPEST} deep", tokens.start)
        statement = parse_tag(self, tokens)
        self.depth -= 1
        return statement

    def if_tag(self, tokens: Tokens) -> nodes.If:
        branches = []
        condition = tokens.last_expression()
        while True:
            body, end = self.body(("else", "elseif", "endif"))
            branches.append((condition, body))
            if end.name != "elseif":
                break
            condition = end.last_expression()
        otherwise: tuple[Any, ...] = ()
        end.finish()
        if end.name == "else":
            otherwise, end = self.body(("endif",))
            end.finish()
        return nodes.If(tuple(branches), otherwise)

    def for_tag(self, tokens: Tokens) -> nodes.For:
        variable = tokens.identifier()
        self.made.add(variable)
        tokens.expect("name", "in")
        iterable = tokens.last_expression()
        body, end = self.body(("else", "endfor"))
        end.finish()
        otherwise: tuple[Any, ...] = ()
        if end.name == "else":
            otherwise, end = self.body(("endfor",))
            end.finish()
        return nodes.For(variable, iterable, body, otherwise)

    def set_tag(self, tokens: Tokens) -> nodes.Set:
        start = tokens.peek().start
        name = tokens.identifier()
        self.made.add(name)
        tokens.expect("punct", "=")
        value = tokens.last_expression()
        return nodes.Set(name, value, start, start + len(name))

    def macro_tag(self, tokens: Tokens) -> nodes.Macro:
        start = tokens.peek().start
        name = tokens.identifier()
        tokens.expect("punct", "(")
        parameters: list[tuple[str, Any]] = []
        while not tokens.take("punct", ")"):
            if parameters:
                tokens.expect("punct", ",")
            parameter = tokens.identifier()
            parameters.append((parameter, tokens.expression() if tokens.take("punct", "=") else None))
        tokens.finish()
        if name in self.macros:
            raise SyntaxProblem(f"More than one macro can not share the same name: {name}", start)
        body, end = self.body(("endmacro",))
        end.finish()
        self.macros[name] = macro = nodes.Macro(name, tuple(parameters), body)
        return macro

    def filter_tag(self, tokens: Tokens) -> nodes.FilterTag:
        filters = [tokens.filter_call(None)]
        while tokens.take("op", "|"):
            filters.append(tokens.filter_call(None))
        tokens.finish()
        # What is declared in here is known nowhere.
        macros, blocks = self.macros, self.blocks
        self.macros, self.blocks = {}, {}
        body, end = self.body(("endfilter",))
        end.finish()
        self.macros, self.blocks = macros, blocks
        return nodes.FilterTag(tuple(filters), body)

    def block_tag(self, tokens: Tokens) -> nodes.Block:
        name = tokens.next().value if tokens.peek().kind == "string" else tokens.identifier()
        tokens.finish()
        self.blocks[name] = begun = nodes.Block(name, ())
        body, end = self.body(("endblock",))
        if end.peek().kind in ("name", "string") and end.peek().value == name:
            end.next()
        end.finish()
        block = nodes.Block(name, body)
        if self.blocks[name] is begun:
            self.blocks[name] = block
        return block


TAGS: Final[dict[str, Callable[[Parser, Tokens], Any]]] = {
    "if": Parser.if_tag,
    "for": Parser.for_tag,
    "set": Parser.set_tag,
    "macro": Parser.macro_tag,
    "filter": Parser.filter_tag,
    "block": Parser.block_tag,
}


def unknown_tag_hint(name: str) -> str | None:
    """What somebody who writes this tag is likely to want."""
    if name in ("elif", "elsif", "else if"):
        return "write `elseif`"
    return None


class Tokens:
    """The tokens of one print or tag, read from the left."""

    def __init__(self, source: str, segment: Segment) -> None:
        self.source = source
        self.tokens = segment.tokens
        self.start = segment.start
        self.kind = segment.kind
        self.position = 0
        self.depth = 0
        self.name = ""

    # --- tokens

    def peek(self) -> Token:
        return self.tokens[self.position]

    def next(self) -> Token:
        token = self.tokens[self.position]
        if token.kind not in ("end", "eof"):
            self.position += 1
        return token

    def take(self, kind: str, value: str) -> bool:
        """Consume the next token if it is this one."""
        token = self.tokens[self.position]
        if token.kind == kind and token.value == value:
            self.position += 1
            return True
        return False

    def expect(self, kind: str, value: str) -> None:
        token = self.peek()
        if not self.take(kind, value):
            raise self.unfitting(token, KINDS[kind])

    def kind_of(self, token: Token) -> str:
        """The engine's name for the kind of a token."""
        return "EXECUTE_END" if token.kind == "end" and self.kind == "tag" else KINDS[token.kind]

    def unfitting(self, token: Token, expected: str) -> SyntaxProblem:
        """The problem with a token of the wrong kind."""
        kind = self.kind_of(token)
        message = f'Unexpected token of value "{token.value}" and type {kind}, expected token of type {expected}'
        return SyntaxProblem(message, token.start)

    def identifier(self) -> str:
        token = self.next()
        if token.kind != "name":
            raise self.unfitting(token, "NAME")
        if token.value in UNASSIGNABLE:
            raise SyntaxProblem(f"Can not assign a value to {token.value}", token.start)
        return token.value

    def tag_name(self) -> str:
        token = self.next()
        if token.kind != "name":
            raise SyntaxProblem("A block must start with a tag name.", token.start)
        self.name = token.value
        return self.name

    def finish(self) -> None:
        """Nothing may follow."""
        token = self.peek()
        if token.kind != "end":
            raise self.unfitting(token, "PRINT_END" if self.kind == "print" else "EXECUTE_END")

    def last_expression(self) -> Any:
        expression = self.expression()
        self.finish()
        return expression

    # --- expressions

    def expression(self, minimum: int = 0) -> Any:
        """Precedence climbing (spec, 2.1)."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise SyntaxProblem(f"Expressions are nested more than {DEEPEST} deep", self.peek().start)
        left = self.operand()
        while (token := self.peek()).kind == "op" and (precedence := BINARY.get(token.value, -1)) >= max(minimum, 1):
            self.position += 1
            left = self.binary(token, left, precedence)
        if minimum == 0 and self.take("punct", "?"):
            then = self.expression()
            self.expect("punct", ":")
            left = nodes.Ternary(left, then, otherwise := self.expression(), left.start, otherwise.end)
        self.depth -= 1
        return left

    def binary(self, token: Token, left: Any, precedence: int) -> Any:
        if token.value == "|":
            return self.filter_call(left)
        if token.value in ("is", "is not"):
            name = self.next()
            if name.kind != "name" and name.value not in CONSTANTS:
                raise self.unfitting(name, "NAME")
            if self.peek().kind == "punct" and self.peek().value == "(":
                self.arguments()
            return nodes.Test(left, name.value, token.value == "is not", left.start, name.end)
        right = self.expression(precedence + 1)
        return nodes.Binary(token.value, left, right, left.start, right.end)

    def filter_call(self, operand: Any) -> nodes.Filtered:
        name = self.next()
        if name.kind != "name":
            raise self.unfitting(name, "NAME")
        positional: tuple[Any, ...] = ()
        named: tuple[tuple[str, Any], ...] = ()
        if self.peek().kind == "punct" and self.peek().value == "(":
            positional, named = self.arguments()
        return nodes.Filtered(operand, name.value, positional, named, name.start, name.end)

    def operand(self) -> Any:
        token = self.peek()
        if token.kind == "op" and token.value in UNARY:
            self.position += 1
            operand = self.expression(UNARY_PRECEDENCE)
            return nodes.Unary(token.value, operand, token.start, operand.end)
        if token.kind == "punct":
            if token.value == "(":
                self.position += 1
                inner = self.expression()
                self.expect("punct", ")")
                return self.postfix(inner)
            if token.value == "[":
                return self.list_literal()
            if token.value == "{":
                return self.map_literal()
        return self.postfix(self.atom())

    def atom(self) -> Any:
        token = self.next()
        match token.kind:
            case "name":
                if self.peek().kind == "punct" and self.peek().value == "(":
                    positional, named = self.arguments()
                    return nodes.Call(token.value, positional, named, token.start, token.end)
                if token.value in CONSTANTS:
                    return nodes.Literal(CONSTANTS[token.value], token.start, token.end)
                return nodes.Name(token.value, token.start, token.end)
            case "string":
                return nodes.Literal(token.value, token.start, token.end)
            case "parts":
                return self.interpolation(token)
            case "number" | "long":
                return nodes.Literal(number(token), token.start, token.end)
        raise SyntaxProblem(f'Unexpected token "{self.kind_of(token)}" of value "{token.value}"', token.start)

    def interpolation(self, token: Token) -> nodes.Interpolation:
        parts = []
        for part in token.parts:
            if isinstance(part, str):
                parts.append(nodes.Literal(part, token.start, token.end))
            else:
                inner = Tokens(self.source, Segment("print", "", part, token.start, token.end))
                inner.depth = self.depth
                parts.append(inner.last_expression())
        return nodes.Interpolation(tuple(parts), token.start, token.end)

    def postfix(self, operand: Any) -> Any:
        """`.name`, `.name(…)` and `[…]`, as many as there are."""
        while (token := self.peek()).kind == "punct" and token.value in (".", "["):
            self.position += 1
            if token.value == "[":
                subscript = self.expression()
                end = self.peek().end
                self.expect("punct", "]")
                operand = nodes.Attribute(operand, subscript, None, subscript.start, end - 1)
                continue
            name = self.next()
            if name.kind != "name":
                raise self.unfitting(name, "NAME")
            arguments = None
            if self.peek().kind == "punct" and self.peek().value == "(":
                arguments, named = self.arguments()
                if named:
                    raise SyntaxProblem("Can not use named arguments when calling a bean method", name.start)
            literal = nodes.Literal(name.value, name.start, name.end)
            operand = nodes.Attribute(operand, literal, arguments, name.start, name.end)
        return operand

    def list_literal(self) -> nodes.ListLiteral:
        start = self.next().start
        items: list[Any] = []
        while not self.take("punct", "]"):
            if items:
                self.expect("punct", ",")
            items.append(self.expression())
        return nodes.ListLiteral(tuple(items), start, self.tokens[self.position - 1].end)

    def map_literal(self) -> nodes.MapLiteral:
        start = self.next().start
        items: list[tuple[Any, Any]] = []
        while not self.take("punct", "}"):
            if items:
                self.expect("punct", ",")
            key = self.expression()
            self.expect("punct", ":")
            items.append((key, self.expression()))
        return nodes.MapLiteral(tuple(items), start, self.tokens[self.position - 1].end)

    def arguments(self) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
        """`(a, b, name=c)`: positional ones first."""
        self.expect("punct", "(")
        positional: list[Any] = []
        named: list[tuple[str, Any]] = []
        while not self.take("punct", ")"):
            if positional or named:
                self.expect("punct", ",")
            if self.tokens[self.position + 1 : self.position + 2] and self.tokens[self.position + 1][:2] == (
                "punct",
                "=",
            ):
                name = self.identifier()
                self.position += 1
                named.append((name, self.expression()))
            elif named:
                message = "Positional arguments must be declared before any named arguments."
                raise SyntaxProblem(message, self.peek().start)
            else:
                positional.append(self.expression())
        return tuple(positional), tuple(named)


def number(token: Token) -> Any:
    """A whole number is 64-bit, one with a point a double."""
    text = token.value.rstrip("L")
    if "." in text:
        return float(text)
    if len(text.lstrip("0")) > 19 or int(text) > LONG_MAX:
        raise SyntaxProblem(f'For input string: "{text}"', token.start)
    return Long(text)
