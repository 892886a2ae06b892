"""What is said of templates, by rule; whether it is true is the property tests' work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowrun.loading import Source, load
from flowrun.tasks.registry import REGISTRY

if TYPE_CHECKING:
    from flowrun.diagnostics import Diagnostic

CORE = "io.kestra.plugin.core."
RETURN = f"{CORE}debug.Return"
HEAD = """\
id: checked
namespace: test
inputs:
  - {id: name, type: STRING}
  - {id: count, type: INT}
  - {id: db.host, type: STRING}
  - {id: extra, type: STRING, dependsOn: {inputs: [name], condition: "{{ inputs.name == 'x' }}"}}
  - {id: note, type: STRING, required: false}
variables: {greeting: hi, nested: {deep: 1}}
triggers:
  - {id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: "0 0 * * *"}
"""


CODES = {
    *("expression-syntax", "unknown-function", "wrong-arguments", "wrong-operand", "never-equal", "unknown-variable"),
    *("undeclared-input", "input-may-be-missing", "undeclared-variable", "unknown-trigger-variable", "unknown-task"),
    *("output-not-yet", "output-may-be-missing", "output-of-disabled", "unknown-output", "loop-key", "no-loop-value"),
}


def findings(text: str) -> list[Diagnostic]:
    found = load(Source(text, "f"), REGISTRY).diagnostics
    return [one for one in found if not one.kestra and one.code in CODES]


def of(expression: str) -> list[tuple[str, str]]:
    """The findings for one expression in a task between `first` and `last`."""
    text = f"""{HEAD}tasks:
  - {{id: first, type: {RETURN}, format: a}}
  - id: asked
    type: {RETURN}
    format: >-
      {expression}
  - {{id: last, type: {RETURN}, format: b}}
"""
    return [(one.severity.value, one.code) for one in findings(text)]


@pytest.mark.parametrize(
    "expression",
    [
        "{{ inputs.name }} {{ inputs['db'].host }} {{ inputs.count + 1 }}",
        "{{ inputs.extra ?? 'x' }}",
        "{{ vars.greeting }} {{ vars.nested.deep }} {{ vars['greeting'] }}",
        "{{ outputs.first.value }} {{ outputs['first']['value'] }} {{ tasks.first.state }}",
        "{{ trigger.date ?? now() }} {{ trigger.executionId ?? '' }}",
        "{{ flow.id }} {{ execution.startDate }} {{ taskrun.id }} {{ task.type }} {{ labels.team }} {{ envs.x }}",
        "{% set x = 1 %}{{ x }}{% for i in [1, 2] %}{{ i }}{{ loop.index }}{% endfor %}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1) }}",
        "{{ nothing ?? 'fallback' }} {{ nothing is defined }}",
        "{{ outputs.first.value | jq('.a') | first }}",
        "{{ inputs.note | capitalize }}",
        "{{ parents }} {{ parents | length }}",
    ],
)
def test_what_works_is_not_reported(expression: str) -> None:
    assert of(expression) == []


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("{{ inputs.name }", "expression-syntax"),
        ("{{ }}", "expression-syntax"),
        ("{% if x %}", "expression-syntax"),
        ("{{ inputs.name | uper }}", "unknown-function"),
        ("{{ nwo() }}", "unknown-function"),
        ("{{ inputs.name is blank }}", "unknown-function"),
        ("{{ inputs.name | replace }}", "wrong-arguments"),
        ("{{ now(1, 2, 3, 4, 5) }}", "wrong-arguments"),
        ("{{ inputs.name | date(pattern='x') }}", "wrong-arguments"),
        ("{{ inputs.count > 'abc' }}", "wrong-operand"),
        ("{{ inputs.name | keys }}", "wrong-operand"),
        ("{{ 'x' | abs }}", "wrong-operand"),
        ("{{ outputs.first.value > 5 }}", "wrong-operand"),
        ("{{ inputs.nmae }}", "undeclared-input"),
        ("{{ inputs.db.port }}", "undeclared-input"),
        ("{{ vars.greting }}", "undeclared-variable"),
        ("{{ vars.nested.shallow }}", "undeclared-variable"),
        ("{{ name }}", "unknown-variable"),
        ("{{ flow.name }}", "unknown-variable"),
        ("{{ taskrun.value }}", "no-loop-value"),
        ("{{ taskrun.iteration }}", "no-loop-value"),
        ("{{ parent.taskrun.value }}", "no-loop-value"),
        ("{{ parents[0].outputs }}", "no-loop-value"),
        ("{{ trigger.body }}", "unknown-trigger-variable"),
        ("{{ outputs.frist.value }}", "unknown-task"),
        ("{{ tasks.frist.state }}", "unknown-task"),
        ("{{ outputs.last.value }}", "output-not-yet"),
        ("{{ outputs.asked.value }}", "output-not-yet"),
        ("{{ outputs.first.valeu }}", "unknown-output"),
        ("{{ outputs.first[inputs.name].value }}", "loop-key"),
    ],
)
def test_what_is_sure_to_fail_is_an_error(expression: str, code: str) -> None:
    assert of(expression) == [("error", code)]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("{{ inputs.count == '3' }}", "never-equal"),
        ("{{ inputs.extra }}", "input-may-be-missing"),
        ("{{ inputs.nmae ?? 'x' }}", "undeclared-input"),
        ("{{ outputs.frist.value ?? 'x' }}", "unknown-task"),
        ("{% if inputs.name == 'x' %}{{ nwo() }}{% endif %}", "unknown-function"),
    ],
)
def test_what_may_fail_or_surprise_is_a_warning(expression: str, code: str) -> None:
    assert of(expression) == [("warning", code)]


def in_flow(tasks: str) -> list[tuple[str, str, str]]:
    return [(one.severity.value, one.code, one.path) for one in findings(f"{HEAD}tasks:\n{tasks}")]


BRANCH = f"""\
  - id: choose
    type: {CORE}flow.If
    condition: "{{{{ inputs.name == 'x' }}}}"
    then:
      - {{id: taken, type: {RETURN}, format: a}}
    else:
      - {{id: other, type: {RETURN}, format: "EXPRESSION"}}
"""


def test_the_other_branch_has_never_run() -> None:
    tasks = BRANCH.replace("EXPRESSION", "{{ outputs.taken.value }}")
    assert in_flow(tasks) == [("error", "output-not-yet", "tasks[0].else[0].format")]


def test_behind_a_branch_its_outputs_may_be_missing() -> None:
    after = f'  - {{id: after, type: {RETURN}, format: "{{{{ outputs.taken.value }}}}"}}\n'
    assert in_flow(BRANCH + after) == [("warning", "output-may-be-missing", "tasks[1].format")]


def test_a_group_around_a_task_has_its_own_outputs_already() -> None:
    assert in_flow(BRANCH.replace("EXPRESSION", "{{ outputs.choose.evaluationResult }} {{ parent.outputs }}")) == []


def test_the_same_condition_on_reader_and_writer_is_trusted() -> None:
    tasks = "".join(
        f'  - {{id: {name}, type: {RETURN}, runIf: "{{{{ inputs.name }}}}", format: "{text}"}}\n'
        for name, text in (("a", "x"), ("b", "{{ outputs.a.value }}"))
    )
    assert in_flow(tasks) == []


LOOP = f"""\
  - id: each
    type: {CORE}flow.ForEach
    values: VALUES
    tasks:
      - {{id: one, type: {RETURN}, format: a}}
      - {{id: two, type: {RETURN}, format: "EXPRESSION"}}
      - id: group
        type: {CORE}flow.Sequential
        tasks:
          - {{id: deep, type: {RETURN}, format: "DEEP"}}
"""


def looped(expression: str = "x", deep: str = "x", values: str = "[x, y]", more: str = "") -> list[tuple[str, str]]:
    tasks = LOOP.replace("VALUES", values).replace("EXPRESSION", expression).replace("DEEP", deep)
    return [(severity, code) for severity, code, _ in in_flow(tasks + more)]


def test_in_a_loop_outputs_have_a_key_for_each_value() -> None:
    assert looped("{{ outputs.one[taskrun.value].value }} {{ outputs.one.x.value }}") == []
    assert looped("{{ outputs.one.value }}") == [("error", "loop-key")]
    assert looped("{{ outputs.one.value }}", values="'{{ inputs.name }}'") == [("warning", "loop-key")]


def test_only_direct_children_of_a_loop_have_its_value() -> None:
    assert looped("{{ taskrun.value }}", "{{ parent.taskrun.value }}") == []
    assert looped(deep="{{ taskrun.value }}") == [("error", "no-loop-value")]


def test_a_later_task_of_the_same_loop_has_outputs_from_the_second_round_on() -> None:
    assert looped("{{ outputs.deep.x.value }}") == [("warning", "output-not-yet")]


def test_the_value_ends_with_the_loop() -> None:
    after = f'  - {{id: after, type: {RETURN}, format: "{{{{ outputs.one[taskrun.value].value }}}}"}}\n'
    assert looped(more=after) == [("error", "no-loop-value")]


def test_members_of_a_dag_see_what_they_wait_for() -> None:
    def dag(depends: str) -> list[tuple[str, str, str]]:
        return in_flow(
            f"""\
  - id: dag
    type: {CORE}flow.Dag
    tasks:
      - task: {{id: a, type: {RETURN}, format: x}}
      - task: {{id: b, type: {RETURN}, format: "{{{{ outputs.a.value }}}}"}}{depends}
"""
        )

    assert dag("\n        dependsOn: [a]") == []
    assert dag("") == [("warning", "output-may-be-missing", "tasks[0].tasks[1].task.format")]


def test_a_disabled_task_never_has_outputs() -> None:
    tasks = (
        f"  - {{id: a, type: {RETURN}, format: x, disabled: true}}\n"
        f'  - {{id: b, type: {RETURN}, format: "{{{{ outputs.a.value }}}}"}}\n'
    )
    assert in_flow(tasks) == [("error", "output-of-disabled", "tasks[1].format")]


def test_flow_outputs_see_all_tasks_and_no_task_run() -> None:
    outputs = "outputs:\n  - {id: o, type: STRING, value: '{{ outputs.a.value }} {{ taskrun.id }}'}\n"
    assert in_flow(f"  - {{id: a, type: {RETURN}, format: x}}\n{outputs}") == [
        ("error", "unknown-variable", "outputs[0].value")
    ]


def test_an_optional_output_that_fails_is_only_empty() -> None:
    outputs = "outputs:\n  - {id: o, type: STRING, required: false, value: '{{ outputs.b.value }}'}\n"
    assert in_flow(f"  - {{id: a, type: {RETURN}, format: x}}\n{outputs}") == [
        ("warning", "unknown-task", "outputs[0].value")
    ]


def test_a_variable_that_a_task_sets_is_known() -> None:
    tasks = (
        f"  - {{id: s, type: {CORE}execution.SetVariables, variables: {{late: 1}}}}\n"
        f'  - {{id: a, type: {RETURN}, format: "{{{{ vars.late }}}}"}}\n'
    )
    assert in_flow(tasks) == []


def test_nothing_is_certain_of_a_plugin_s_properties() -> None:
    task = '  - {id: q, type: io.kestra.plugin.jdbc.mysql.Query, sql: "{{ inputs.nmae }} {{ row.x }}"}\n'
    assert in_flow(task) == [("warning", "undeclared-input", "tasks[0].sql")]


def test_a_finding_points_at_the_expression_in_a_block_scalar() -> None:
    text = f"{HEAD}tasks:\n  - id: a\n    type: {RETURN}\n    format: |\n      first line\n      and {{{{ inputs.nmae }}}}\n"
    (found,) = findings(text)
    assert found.span is not None
    line = text.split("\n")[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == "inputs.nmae"
    assert found.hint == "did you mean `name`?"


def test_what_the_server_refuses_is_not_reported_twice() -> None:
    text = (
        HEAD.replace("id: count", "id: my-count")
        + f"tasks:\n  - {{id: a, type: {RETURN}, format: '{{{{ inputs.my-count }}}}'}}\n"
    )
    assert findings(text) == []


def test_a_bare_name_is_told_where_it_stands() -> None:
    for name, hint in (("count", "inputs.count"), ("greeting", "vars.greeting"), ("a", "outputs.a")):
        text = f"{HEAD}tasks:\n  - {{id: a, type: {RETURN}, format: x}}\n  - {{id: b, type: {RETURN}, format: '{{{{ {name} }}}}'}}\n"
        (found,) = findings(text)
        assert found.hint == f"write `{hint}`"
