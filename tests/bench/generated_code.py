"""Closures beside the Python code that could be generated instead: why there is none (docs/decisions/0004-closures.md).

    .venv/bin/python -m tests.bench.generated_code

The code below is what a generator would write for five typical templates at its best: names and literals are in it,
variables of loops are locals. `once` is parse, make and render; for generated code without the time to write it.
"""

from __future__ import annotations

import builtins
import sys
import timeit
from typing import TYPE_CHECKING, Any, Final

from flowrun.template import api, compiler, operators, parser
from flowrun.template.filters import find
from flowrun.template.host import NoHost
from flowrun.template.rendering import Rendering
from flowrun.template.values import printed

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLES: Final[dict[str, Any]] = {
    "inputs": {"name": "World", "tags": ["alpha", "beta", "gamma"]},
    "outputs": {"generate_output": {"value": "42"}},
    "xs": list(range(1, 101)),
}
READ: Final = """
    try:
        value = run.variables["{0}"]
    except KeyError:
        value = run.read("{0}", 3, 9)
"""
KEY: Final = """
    if type(value) is dict and "{0}" in value:
        value = value["{0}"]
    else:
        value = look_up(value, "{0}", 10, 15)
"""
WRITE: Final = """
    kind = type(value)
    if kind is int:
        value = f"{value}"
    elif kind is not str:
        value = show(value)
    size += len(value)
    if size > LONGEST_TEXT:
        raise output_too_long()
    out.append(value)
"""
LOOP: Final = """
    items = elements(value, 12, 14)
    run.take_steps(len(items))
    for value in items:
""" + WRITE.replace("\n", "\n    ")
FILTERS: Final = """
    value = join.apply(value, bind(join.parameters, [", "], {}), run)
    value = upper.apply(value, {}, run)
"""
DEFAULT: Final = """
    value = run.variables["a"] if "a" in run.variables else None
    if value is None:
        value = "x"
"""
HEAD: Final = "def body(run, out):\n    size = 0\n"
CASES: Final = {
    "Hello, {{ inputs.name }}!": "    out.append('Hello, ')\n"
    + READ.format("inputs")
    + KEY.format("name")
    + WRITE
    + "    out.append('!')",
    "{{ outputs.generate_output.value }}": READ.format("outputs")
    + KEY.format("generate_output")
    + KEY.format("value")
    + WRITE,
    "{{ inputs.tags | join(', ') | upper }}": READ.format("inputs") + KEY.format("tags") + FILTERS + WRITE,
    "{% for i in xs %}{{ i }}{% endfor %}": READ.format("xs") + LOOP,
    "{{ a ?? 'x' }}": DEFAULT + WRITE,
}
NAMES: Final = {
    **vars(compiler),
    "show": printed,
    "look_up": operators.add,  # never called here
    "join": find("join"),
    "upper": find("upper"),
}


def generated(source: str) -> Callable[[], str]:
    """A rendering by generated code."""
    names = dict(NAMES)
    exec(builtins.compile(HEAD + CASES[source], "<template>", "exec"), names)
    program = compiler.Program("")

    def render() -> str:
        out: list[str] = []
        names["body"](Rendering(program, VARIABLES, NoHost(), printed), out)
        return "".join(out)

    return render


def micros(call: Callable[[], object], number: int) -> float:
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6


def main() -> None:
    """Print the table of the decision."""
    rows = [f"{'µs':40}{'once: closures':>16}{'generated':>10}{'cached: closures':>18}{'generated':>10}"]
    for source in CASES:
        template, render = api.Template(source), generated(source)
        assert template.render(VARIABLES) == render(), source
        once = micros(lambda source=source: api.Template(source).render(VARIABLES), 500)
        generated_once = micros(lambda source=source: parser.parse(source) and generated(source)(), 500)
        cached = micros(lambda template=template: template.render(VARIABLES), 5000)
        rows.append(f"{source:40}{once:16.1f}{generated_once:10.1f}{cached:18.2f}{micros(render, 5000):10.2f}")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
