"""What a flow needs from outside, found without running it."""

from __future__ import annotations

import pytest

from flowrun.loading.needs import NeedKind, needs_of
from flowrun.loading.parse import parse
from flowrun.tasks.registry import REGISTRY

CORE = "io.kestra.plugin.core."


def needs(text):
    return needs_of(parse(text).root, text, REGISTRY)


def task(properties, type_name=f"{CORE}debug.Return"):
    return f"id: a\nnamespace: b\ntasks:\n  - id: t\n    type: {type_name}\n    {properties}\n"


def names(text):
    return [(one.kind.value, one.name) for one in needs(text)]


def test_a_secret_knows_all_its_uses():
    (need,) = needs(task("format: \"{{ secret('A') }}\"\n    description: x\n    more: \"{{ secret(key='A') }}\""))
    assert (need.kind, need.name, need.namespace) == (NeedKind.SECRET, "A", None)
    assert [(one.path, one.line, one.by) for one in need.uses] == [
        ("tasks[0].format", 6, "secret()"),
        ("tasks[0].more", 8, "secret()"),
    ]


def test_a_use_in_a_block_of_text_has_its_own_line():
    (need,) = needs(task("format: |\n      one\n      two {{ secret('A') }}"))
    assert need.uses[0].line == 8


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("kv('K')", ("kv", "K")),
        ("read('x.txt')", ("file", "x.txt")),
        ("fileURI('x.txt')", ("file", "x.txt")),
        ("envs.home", ("env", "ENV_HOME")),
        ("http('https://example.com/x')", ("host", "example.com")),
        ("subflow('n', 'f')", ("subflow", "f")),
        ("secret(inputs.name)", ("secret", None)),
        ("envs[inputs.name]", ("env", None)),
        ("kv('K', inputs.namespace)", ("kv", None)),
        ("read(inputs.name)", ("file", None)),
    ],
)
def test_a_template_asks_for_what_it_calls(template, found):
    assert names(task(f'format: "{{{{ {template} }}}}"')) == [found]


@pytest.mark.parametrize(
    ("type_name", "properties", "found"),
    [
        (f"{CORE}flow.Subflow", "flowId: child\n    namespace: n", [("subflow", "child")]),
        ("io.kestra.core.tasks.flows.Subflow", "flowId: child\n    namespace: n", [("subflow", "child")]),
        (f"{CORE}flow.Subflow", 'flowId: "{{ vars.x }}"\n    namespace: n', [("subflow", None)]),
        (f"{CORE}kv.Set", "key: K\n    value: 1", [("kv", "K")]),
        (f"{CORE}http.Request", "uri: https://user@example.com:8080/x", [("host", "example.com")]),
        (f"{CORE}http.Request", 'uri: "https://{{ vars.host }}/x"', []),
        (f"{CORE}http.Request", 'uri: "https://a.{{ vars.host }}/x"', []),
        (f"{CORE}namespace.DownloadFiles", "files: [a.sql, b/*.sql]", [("file", "a.sql"), ("file", "b/*.sql")]),
        (f"{CORE}flow.WorkingDirectory", "namespaceFiles: {enabled: true}", [("file", "**")]),
        (f"{CORE}flow.WorkingDirectory", "namespaceFiles: {include: [x.py]}", [("file", "x.py")]),
        (f"{CORE}flow.WorkingDirectory", "namespaceFiles: {enabled: false}", []),
        (f"{CORE}log.Log", "message: nsfile:///x.txt", [("file", "nsfile:///x.txt")]),
    ],
)
def test_a_task_asks_for_what_it_is_told_to_use(type_name, properties, found):
    assert names(task(properties, type_name)) == found


def test_a_file_input_is_a_file_that_is_needed():
    assert names("id: a\nnamespace: b\ninputs: [{id: report, type: FILE}]\n") == [("file", "report")]


def test_the_namespace_of_a_need_is_part_of_it():
    text = task("format: \"{{ kv('K') }}{{ kv('K', 'other') }}\"")
    assert [(one.name, one.namespace) for one in needs(text)] == [("K", None), ("K", "other")]


@pytest.mark.parametrize(
    "properties",
    ["description: \"{{ secret('A') }}\"", "format: secret('A')", "format: \"{{ secret('A' }}\"", "format: envs.x"],
)
def test_what_is_never_rendered_needs_nothing(properties):
    assert needs(task(properties)) == []


def test_a_file_of_another_task_does_not_come_from_outside():
    assert needs(task('format: "{{ read(outputs.x.uri) }}"')) == []
    assert names(task('format: "{{ outputs.x.uri ~ read(inputs.name) }}"')) == [("file", None)]


def test_plugin_defaults_and_variables_need_things_too():
    text = "id: a\nnamespace: b\nvariables: {x: \"{{ secret('V') }}\"}\npluginDefaults: [{type: t, values: {y: \"{{ secret('P') }}\"}}]\n"
    assert names(text) == [("secret", "V"), ("secret", "P")]


def test_each_call_of_secret_has_its_column_and_subkey():
    (need,) = needs(
        task("format: \"{{ secret('A') }} {{ secret('A', subkey='b') }} {{ secret('A', subkey=inputs.x) }}\"")
    )
    assert [(one.line, one.column, one.subkey) for one in need.uses] == [(6, 17, None), (6, 35, "b"), (6, 65, "")]
    assert need.places == [("tasks[0].format", 6, "secret()")]
