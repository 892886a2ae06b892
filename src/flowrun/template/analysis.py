"""What can be said of a template without its variables: what it reads, and what is sure to fail in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowrun.template import nodes
from flowrun.template.api import Reference, without_raw
from flowrun.template.failures import SyntaxProblem, as_written, evaluation_error, limit_error, place, syntax_error
from flowrun.template.filters import find as find_filter
from flowrun.template.limits import LONGEST_TEMPLATE, LimitReached
from flowrun.template.parser import parse
from flowrun.template.references import Finder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowrun.diagnostics import Span
    from flowrun.errors import TemplateError

    Samples = Callable[[Reference], Sequence[Any] | None]


class Problem(NamedTuple):
    """Something that fails, or never does what it says.

    `kind`: `unknown` function, filter or test; `arguments`; `type`; `comparison`. `certain`: it fails whenever the
    template is rendered; else it stands where the template may not come to.
    """

    kind: str
    message: str
    span: Span
    hint: str | None
    certain: bool


class Analysis(NamedTuple):
    """The variables that a template reads, in the order of the text, and its problems."""

    references: list[Reference]
    problems: list[Problem]


PURE: Final = frozenset({"max", "min", "fromJson", "json", "yaml"})
"""Functions that may be called for a trial: quick, and they ask nothing of the world."""
ENTERPRISE: Final = frozenset({"appLink", "credential"})
"""Functions of Kestra's Enterprise Edition, which may be there."""
SLOW: Final = frozenset({"jq"})
TAKE_ANYTHING: Final = frozenset(
    [
        "default",
        "upper",
        "lower",
        "slugify",
        "base64encode",
        "string",
        "className",
        "toJson",
        "json",
        "toIon",
        "yaml",
        "length",
    ]
)
"""Filters that work on every value: an expression that has only these needs no trial."""


def analyse(source: str, samples: Samples | None = None) -> Analysis:
    """Look at a template without rendering it. Raises `TemplateError` for bad syntax.

    `samples` gives typical values of a variable whose type is certain, None for any other: an expression that
    fails for all of them is reported as a problem of type.
    """
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return Analysis([], [])
    text, blocks = without_raw(source) if "endraw" in source else (source, {})
    parsed = parsed_or_refused(text)
    finder = Analyst(text, parsed, samples or (lambda _: None))
    finder.statements(parsed.body)
    references = sorted(finder.found, key=lambda one: (one.span.line, one.span.column))
    problems = sorted(finder.problems, key=lambda one: (one.span.line, one.span.column))
    return Analysis(
        [one._replace(span=as_written(one.span, text, blocks)) for one in references],
        [one._replace(span=as_written(one.span, text, blocks)) for one in problems],
    )


def parsed_or_refused(text: str) -> nodes.Parsed:
    """The nodes of a template. Raises `TemplateError`."""
    if len(text) > LONGEST_TEMPLATE:
        raise limit_error(text[:100], f"The template has more than {LONGEST_TEMPLATE} characters")
    try:
        return parse(text)
    except SyntaxProblem as problem:
        raise syntax_error(text, problem) from problem
    except LimitReached as problem:
        raise limit_error(text, str(problem)) from problem
    except RecursionError as problem:
        raise limit_error(text, "The template is nested too deep") from problem


class Analyst(Finder):
    """Finds references and, on the same walk, calls that cannot work."""

    def __init__(self, source: str, parsed: nodes.Parsed, samples: Samples) -> None:
        super().__init__(source)
        self.macros = parsed.macros
        self.samples = samples
        self.problems: list[Problem] = []

    def statement(self, node: Any) -> None:
        before = len(self.found), len(self.problems)
        super().statement(node)
        if isinstance(node, nodes.FilterTag):
            for step in node.filters:
                self.filter_problem(step)
        if isinstance(node, nodes.Print) and len(self.problems) == before[1] and not self.optional:
            self.try_samples(node, self.found[before[0] :])

    def expression(self, node: Any, *, caught: bool = False) -> None:
        super().expression(node, caught=caught)
        match node:
            case nodes.Filtered():
                self.filter_problem(node)
            case nodes.Call():
                self.call_problem(node)
            case nodes.Test():
                self.test_problem(node)
            case nodes.Binary(operator="==" | "!=" | "equals"):
                self.comparison_problem(node)

    # --- names and arguments

    def filter_problem(self, node: nodes.Filtered) -> None:
        found = find_filter(node.name)
        if found is None:
            self.fails("unknown", f"Filter [{node.name}] does not exist.", node)
        else:
            self.argument_problem(node, found.parameters, found.required)

    def call_problem(self, node: nodes.Call) -> None:
        from flowrun.template.functions import FUNCTIONS

        found = FUNCTIONS.get(node.name)
        if found is not None:
            self.argument_problem(node, found.parameters, found.required)
        elif node.name not in self.macros and node.name not in ENTERPRISE:
            self.fails("unknown", f"Function or Macro [{node.name}] does not exist.", node)

    def test_problem(self, node: nodes.Test) -> None:
        from flowrun.template.tests import TESTS

        if node.name != "defined" and node.name not in TESTS:
            self.fails("unknown", f"Test [{node.name}] does not exist.", node)

    def argument_problem(
        self, node: nodes.Filtered | nodes.Call, parameters: tuple[str, ...] | None, required: int
    ) -> None:
        from flowrun.template.callables import Failure
        from flowrun.template.rendering import bind

        try:
            given = bind(parameters, list(node.positional), dict(node.named))
        except Failure as failure:
            self.fails("arguments", str(failure), node)
            return
        missing = [name for name in (parameters or ())[:required] if name not in given]
        if missing:
            self.fails("arguments", f"The argument '{missing[0]}' is required.", node)

    def fails(self, kind: str, message: str, node: Any) -> None:
        """Keep what a rendering would raise, with the hint that it would have."""
        from flowrun.template.callables import Failure

        error = evaluation_error(self.source, Failure(message).at(node.start, node.end))
        self.problems.append(self.problem(kind, error))

    def problem(self, kind: str, error: TemplateError) -> Problem:
        assert error.span is not None
        return Problem(kind, error.summary or error.message, error.span, error.hint, not self.optional)

    # --- types

    def comparison_problem(self, node: nodes.Binary) -> None:
        """Values of different types are never equal: `5 == '5'` is false."""
        left, right = self.kind(node.left), self.kind(node.right)
        if left and right and left != right:
            always = "never" if node.operator != "!=" else "always"
            message = f"{left} and {right} are {always} {'equal' if node.operator != '!=' else 'different'}"
            hint = "compare with a number" if left == "a number" else f"convert one side, so that both are {left}"
            where = place(self.source, node.start, node.end)
            self.problems.append(Problem("comparison", message, where, hint, not self.optional))

    def kind(self, node: Any) -> str | None:
        """The type of a constant, or of a variable whose samples are all of one type."""
        if isinstance(node, nodes.Literal):
            return kind_of(node.value)
        if not isinstance(node, nodes.Name | nodes.Attribute):
            return None
        finder = Finder(self.source)
        finder.own = self.own
        finder.expression(node)
        known = self.samples(finder.found[0]) if len(finder.found) == 1 else None
        kinds = {kind_of(sample) for sample in known or ()}
        return kinds.pop() if len(kinds) == 1 else None

    def try_samples(self, node: nodes.Print, read: Sequence[Reference]) -> None:
        """Evaluate an expression whose variables are all known by type; what always fails is a problem of type."""
        parts = list(within(node.expression))
        if not any(map(may_fail, parts)) or not all(map(harmless, parts)):
            return
        known = [self.samples(one) for one in read]
        if self.own_names_read(node) or any(one is None for one in known):
            return
        errors = [self.error_of(node, choice, read) for choice in choices([one for one in known if one is not None])]
        if errors and all(errors):
            found = errors[0]
            assert found is not None
            self.problems.append(self.problem("type", found))

    def own_names_read(self, node: nodes.Print) -> bool:
        """Whether an expression reads what the template itself has set."""
        names = {one.name for one in within(node.expression) if isinstance(one, nodes.Name)}
        return bool(names & self.own) or bool(names & self.perhaps)

    def error_of(self, node: nodes.Print, values: Sequence[Any], read: Sequence[Reference]) -> TemplateError | None:
        from flowrun.errors import TemplateError
        from flowrun.template.api import compile as compile_template

        variables: dict[str, Any] = {}
        for reference, value in zip(read, values, strict=True):
            put(variables, reference.path, value)
        # What stands before keeps its length, so that the place of an error is that in the whole template.
        before = "".join(char if char in "\r\n" else " " for char in self.source[: node.start])
        try:
            compile_template(before + self.source[node.start : node.end]).evaluate(variables)
        except TemplateError as error:
            return error if error.kind == "evaluation" else None
        return None


def kind_of(value: Any) -> str | None:
    """In words; None where it does not matter for a comparison."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else None


def within(node: Any) -> Iterator[Any]:
    """A node and all nodes in it."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, nodes.Expression):
            yield one
        if isinstance(one, tuple):
            stack.extend(one)


def may_fail(node: Any) -> bool:
    """Whether the types of what it works on may be wrong for a node."""
    match node:
        case nodes.Filtered():
            return node.name not in TAKE_ANYTHING
        case nodes.Binary():
            return bool(node.operator != "~")
    return isinstance(node, nodes.Unary | nodes.Test | nodes.Call | nodes.Ternary)


def harmless(node: Any) -> bool:
    """Whether a node may be evaluated for a trial."""
    if isinstance(node, nodes.Call):
        return node.name in PURE
    return not (isinstance(node, nodes.Filtered) and node.name in SLOW)


def choices(known: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    """Values for the variables, so many times that each sample is used at least once."""
    longest = max(map(len, known), default=1)
    for turn in range(longest):
        yield [samples[turn % len(samples)] for samples in known]


def put(variables: dict[str, Any], path: Sequence[str | int | None], value: Any) -> None:
    """Set what stands at a path."""
    *outer, last = path
    for key in outer:
        inner = variables.setdefault(str(key), {})
        variables = inner if isinstance(inner, dict) else {}
    variables[str(last)] = value
