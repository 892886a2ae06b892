"""Whatever is in a file, loading it gives a flow or diagnostics; it never raises."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flowrun.diagnostics import Severity
from flowrun.loading import Loaded, Source, load
from flowrun.tasks.registry import REGISTRY

DATA = Path(__file__).parents[2] / "conformance" / "data" / "validation"
TEXTS = [path.read_text() for path in sorted(DATA.glob("*/flow.yaml"))]
PIECES = [
    "", " ", "\t", "\n", "\r", ":", "- ", "?", "{", "}", "[", "]", "&a ", "*a", "|", ">", "'", '"', "#", "!!int ",
    "~", "null", "[]", "{}", "[1]", "{a: b}", "-1", "1e999", "0x_", ".nan", "99999999999999999999", "P", "PT", "yes",
    "\x00", "\x07", "\ud800", "\ufeff", "é", "日", "\u2028", "<<: ", "%", "@", "---\n", "...\n", "{{ inputs.a-b }}",
]  # fmt: skip


def check(text: str) -> Loaded:
    loaded = load(Source(text, "flow.yaml"), REGISTRY)
    errors = [each for each in loaded.diagnostics if each.severity is Severity.ERROR]
    assert loaded.flow is not None or errors
    assert all(each.message and each.span for each in errors)
    assert bool(loaded.sentence) == (loaded.flow is None)
    return loaded


def mutated(chance: random.Random) -> str:
    text = chance.choice(TEXTS)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 1, 5, 40]))
        text = text[:start] + chance.choice(PIECES) + text[end:]
    return text


def with_value_replaced(chance: random.Random) -> str:
    lines = chance.choice(TEXTS).split("\n")
    places = [number for number, line in enumerate(lines) if ":" in line and not line.startswith("#")]
    number = chance.choice(places)
    key, _, _ = lines[number].partition(":")
    lines[number] = f"{key}: {chance.choice(PIECES)}"
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_files_give_a_flow_or_diagnostics(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        check(mutated(chance))


@pytest.mark.parametrize("seed", range(4))
def test_files_with_odd_values_give_a_flow_or_diagnostics(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        check(with_value_replaced(chance))


def test_cut_off_files_give_a_flow_or_diagnostics() -> None:
    text = (DATA / "valid-everything" / "flow.yaml").read_text()
    for length in range(0, len(text), 3):
        check(text[:length])


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "a:\n", "'", "? "])
def test_deep_nesting_is_refused(opening: str) -> None:
    assert check("id: a\nvariables: " + opening * 5000).flow is None


def test_deeply_nested_tasks_are_built_or_refused() -> None:
    deepest = None
    for depth in (30, 120, 200, 300):
        text = "id: a\nnamespace: b\ntasks:\n"
        for level in range(depth):
            pad = "  " * (2 * level)
            text += f"{pad}- id: t{level}\n{pad}  type: io.kestra.plugin.core.flow.Sequential\n{pad}  tasks:\n"
        text += "  " * (2 * depth) + "- {id: last, type: io.kestra.plugin.core.log.Log, message: hi}\n"
        if check(text).flow is not None:
            deepest = depth
    assert deepest == 200


def test_a_very_long_list_of_aliases_is_no_bomb() -> None:
    text = "id: a\nnamespace: b\nvariables:\n  x: &x [1, 2]\n" + "".join(f"  v{n}: [*x, *x]\n" for n in range(2000))
    assert check(text + "tasks:\n  - {id: t, type: io.kestra.plugin.core.log.Log, message: hi}\n").flow is not None
