"""Plugin defaults are merged into the tree (flow reference, chapter 8)."""

from __future__ import annotations

from flowrun.diagnostics import Severity
from flowrun.loading import Loaded, Source, load
from flowrun.tasks.registry import REGISTRY

LOG = "io.kestra.plugin.core.log.Log"
RETURN = "io.kestra.plugin.core.debug.Return"


def loaded(task: str, *defaults: str) -> Loaded:
    listed = "".join(f"  - {each}\n" for each in defaults)
    return load(Source(f"id: a\nnamespace: b\ntasks:\n  - {task}\npluginDefaults:\n{listed}", "f"), REGISTRY)


def first_task(task: str, *defaults: str) -> object:
    found = loaded(task, *defaults)
    assert found.flow is not None, [each.message for each in found.diagnostics]
    return found.flow.tasks[0]


def test_the_task_wins_over_its_default() -> None:
    task = first_task(f"{{id: t, type: {LOG}, message: own}}", f"{{type: {LOG}, values: {{message: x, level: WARN}}}}")
    assert (task.message, task.level) == ("own", "WARN")


def test_a_forced_default_wins_over_the_task() -> None:
    default = f"{{type: {LOG}, forced: true, values: {{message: forced}}}}"
    assert first_task(f"{{id: t, type: {LOG}, message: own}}", default).message == "forced"


def test_a_null_of_the_task_counts_as_absent() -> None:
    assert first_task(f"{{id: t, type: {LOG}, message: ~}}", f"{{type: {LOG}, values: {{message: x}}}}").message == "x"


def test_of_equal_types_the_first_listed_wins() -> None:
    one, two = (f"{{type: {LOG}, values: {{message: {text}}}}}" for text in ("one", "two"))
    assert first_task(f"{{id: t, type: {LOG}}}", one, two).message == "one"


def test_of_forced_ones_the_first_listed_wins() -> None:
    one, two = (f"{{type: {LOG}, forced: true, values: {{message: {text}}}}}" for text in ("one", "two"))
    assert first_task(f"{{id: t, type: {LOG}}}", one, two).message == "one"


def test_the_longer_type_is_the_stronger_one() -> None:
    short = "{type: io.kestra.plugin.core, values: {message: short}}"
    assert first_task(f"{{id: t, type: {LOG}}}", short, f"{{type: {LOG}, values: {{message: long}}}}").message == "long"


def test_a_type_is_a_prefix_of_text() -> None:
    assert (
        first_task(f"{{id: t, type: {LOG}}}", "{type: io.kestra.plugin.core.log.L, values: {message: x}}").message
        == "x"
    )


def test_a_default_of_an_old_name_reaches_the_new_one() -> None:
    default = "{type: io.kestra.core.tasks.log.Log, values: {message: x}}"
    assert first_task(f"{{id: t, type: {LOG}}}", default).message == "x"


def test_maps_merge_deeply_and_lists_are_joined() -> None:
    own = f"{{id: t, type: {RETURN}, format: {{a: {{x: 1}}, l: [c]}}}}"
    values = "{format: {a: {x: 2, y: 3}, l: [d]}}"
    under = first_task(own, f"{{type: {RETURN}, values: {values}}}")
    over = first_task(own, f"{{type: {RETURN}, forced: true, values: {values}}}")
    assert under.format == {"a": {"x": 1, "y": 3}, "l": ["d", "c"]}
    assert over.format == {"a": {"x": 2, "y": 3}, "l": ["c", "d"]}


def test_nested_tasks_get_their_defaults() -> None:
    group = f"{{id: g, type: io.kestra.plugin.core.flow.Sequential, tasks: [{{id: t, type: {LOG}}}]}}"
    assert first_task(group, f"{{type: {LOG}, values: {{message: x}}}}").tasks[0].message == "x"


def test_what_a_package_default_adds_need_not_fit() -> None:
    task = first_task(f"{{id: t, type: {LOG}, message: m}}", "{type: io.kestra, values: {nope: {deeper: 1}}}")
    assert task.message == "m"


def test_a_wrong_value_is_reported_once_where_it_is_written() -> None:
    text = "id: a\nnamespace: b\ntasks:\n" + "".join(f"  - {{id: t{n}, type: {LOG}, message: m}}\n" for n in range(3))
    text += f"pluginDefaults:\n  - type: {LOG}\n    values: {{disabled: maybe}}\n"
    problems = [each for each in load(Source(text, "f"), REGISTRY).diagnostics if each.severity is Severity.ERROR]
    assert [(each.code, each.span.line) for each in problems if each.span] == [("wrong-type", 9)]


def test_the_span_of_the_file_as_written_is_kept() -> None:
    found = loaded(f"{{id: t, type: {LOG}, message: own}}", f"{{type: {LOG}, values: {{message: x}}}}")
    span = found.span("tasks[0].message")
    assert span is not None
    assert span.line == 4
