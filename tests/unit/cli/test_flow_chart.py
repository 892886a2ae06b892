"""`flowrun show FLOW --format mermaid`: the syntax of every line, and what the chart says."""

from __future__ import annotations

import re

import pytest
from tests.unit.cli.test_flow_view import CORE, EVERYTHING, FLOWS, TASKS, built, valid_flows

from flowrun.cli.flow_chart import flow_chart

LABEL = r'"[\w .,:()\[\]=/+*@!?|\'#;<>-]*"'
NODE = re.compile(rf"(n\d+)(?:\[{LABEL}\]|\{{{LABEL}\}})")
FRAME = re.compile(rf"subgraph (n\d+)\[{LABEL}\]")
ARROW = re.compile(rf"(n\d+) (?:-->|-\.->)(?:\|{LABEL}\|)? (n\d+)")
TRIGGER = re.compile(rf"(n\d+)\(\[{LABEL}\]\) --> (n\d+)")
STYLE = re.compile(r"classDef (\w+) [a-z-]+: [\d. ]+")
STYLED = re.compile(r"class (n\d+(?:,n\d+)*) (\w+)")
MARKUP = re.compile(r"#\d+;|<br/>")


def hold_syntax(chart):
    """Assert that a chart is one: each line a statement, frames closed, each name made once, arrows between names.

    No arrow leads from a frame to what is in it: Mermaid refuses that.
    """
    first, *lines = chart.splitlines()
    assert first == "flowchart TD"
    frames, inside, arrows, styles = [], {}, [], set()
    for line in map(str.strip, lines):
        if line == "end":
            frames.pop()
        elif found := FRAME.fullmatch(line) or NODE.fullmatch(line):
            assert found[1] not in inside
            inside[found[1]] = list(frames)
            frames += [found[1]] if line.startswith("subgraph") else []
        elif found := TRIGGER.fullmatch(line):
            inside[found[1]] = list(frames)
            arrows.append(found.groups())
        elif found := ARROW.fullmatch(line):
            arrows.append(found.groups())
        elif found := STYLE.fullmatch(line):
            styles.add(found[1])
        else:
            found = STYLED.fullmatch(line)
            assert found, line
            assert set(found[1].split(",")) <= inside.keys()
            assert found[2] in styles
        for label in re.findall(r'"(.*?)"', line):
            assert not re.search("[#;<>]", MARKUP.sub("", label)), line
    assert frames == []
    for start, end in arrows:
        assert start not in inside[end]
        assert end not in inside[start]


def chart(text):
    shown = flow_chart(built(text))
    hold_syntax(shown)
    return shown


def test_every_flow_makes_a_chart():
    for flow in valid_flows(FLOWS):
        hold_syntax(flow_chart(flow))


def test_a_chart_shows_branches_dependencies_loops_and_handlers():
    shown = chart(EVERYTHING)
    (graph,) = re.findall(r'(n\d+)\["a<br/>Log"\]', shown)
    (after,) = re.findall(r'(n\d+)\["b<br/>Log<br/>timeout: PT5S<br/>allowFailure"\]', shown)
    assert f"{graph} --> {after}\n" in shown
    assert '["each: ForEach, loop over [1, 2]<br/>concurrencyLimit: 0"]' in shown
    assert '-->|"case one"| ' in shown
    assert '-->|"then"| ' in shown
    assert [shown.count(f'-.->|"{name}"|') for name in ("errors", "finally", "afterExecution")] == [2, 1, 1]
    assert "classDef handler stroke-dasharray: 5 5\n" in shown


def test_tasks_that_run_side_by_side_have_no_arrows():
    inner = f"[{{id: x, type: {CORE}log.Log, message: a}}, {{id: y, type: {CORE}log.Log, message: a}}]"
    text = f"id: a\nnamespace: b\ntasks: [{{id: t, type: {CORE}flow.Parallel, tasks: {inner}}}]"
    assert "-->" not in chart(text)
    assert "n2 --> n3" in chart(text.replace("Parallel", "Sequential"))


@pytest.mark.parametrize("word", ["end", "subgraph", "graph", "x--o", "class"])
def test_ids_that_are_words_of_mermaid_are_labels_only(word):
    assert f'n1["{word}<br/>Log"]' in chart(f"id: a\nnamespace: b\n{TASKS.replace('id: t', f'id: {word}')}")


def test_no_text_of_the_flow_gets_out_of_its_label():
    nasty = "'\"]; %%{init: {}}%% `x` <script> & \\\\ #quot;'"
    text = f"id: a\nnamespace: b\ntasks: [{{id: t, type: {CORE}flow.If, condition: {nasty}, then: [{{id: u, type: {CORE}log.Log, message: a}}]}}]"
    assert 'n2{"#34;]#59; #37;#37;#123;init: ' in chart(text)


def test_a_disabled_task_is_dimmed():
    shown = chart(f"id: a\nnamespace: b\n{TASKS.replace('message: hi', 'message: hi, disabled: true')}")
    assert shown.endswith("  classDef disabled opacity: 0.5\n  class n1 disabled\n")
