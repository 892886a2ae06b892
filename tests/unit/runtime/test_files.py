"""What templates read of stored files. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from tests.support.contexts import Bench

from flowrun.errors import TemplateError
from flowrun.model.storage import namespace_uri

if TYPE_CHECKING:
    from pathlib import Path

OWN = "kestra:///acme/team/flow/executions/e1/own.txt"
OTHER = "kestra:///acme/team/other/executions/e9/tasks/t/r/file.txt"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    for uri, text in ((OWN, "own"), (OTHER, "other"), (namespace_uri("acme.team", "a/b.txt"), "12345")):
        bench.storage.put(uri, BytesIO(text.encode()))
    bench.storage.put(namespace_uri("acme.team", "e.txt"), BytesIO())
    bench.storage.put(namespace_uri("acme", "up.txt"), BytesIO(b"up"))
    return bench


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("read('a/b.txt')", "12345"),
        ("read('/a/b.txt')", "12345"),
        ("read('nsfile:///a/b.txt')", "12345"),
        ("read('nsfile://acme/up.txt')", "up"),
        ("read('up.txt', namespace='acme')", "up"),
        ("read(fileURI('a/b.txt'))", "12345"),
        ("fileSize('a/b.txt')", "5"),
        ("fileSize('a')", "0"),
        ("fileExists('a/b.txt')", "true"),
        ("fileExists('a')", "true"),
        ("fileExists('nope')", "false"),
        ("fileExists(fileURI('nope'))", "false"),
        ("isFileEmpty('e.txt')", "true"),
        ("isFileEmpty('a/b.txt')", "false"),
        (f"read('{OWN}')", "own"),
        (f"fileSize('{OWN}')", "3"),
        (f"fileExists('{OWN}x')", "false"),
        (f"read('{OTHER}')", "other"),
    ],
)
def test_files_of_the_namespace_and_of_executions_are_read(bench: Bench, expression: str, text: str) -> None:
    assert bench.context().render(f"{{{{ {expression} }}}}") == text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("read('nope.txt')", "File '/nope.txt' was not found in namespace 'acme.team'"),
        ("isFileEmpty('nope')", "File '/nope' was not found in namespace 'acme.team'"),
        ("read('a/b.txt', namespace='acme')", "File '/a/b.txt' was not found in namespace 'acme'"),
        ("read('a')", "Is a directory"),
        ("read('../x')", "not using relative '..' path"),
        (f"read('{OWN}x')", "No such file or directory"),
        (f"read('{OWN}/../x')", "not using relative '..' path"),
        (f"fileSize('{OWN}x')", "own.txtx"),
        ("read('kestra:///acme/team/other/executions/e9/inputs/x/file.txt')", "as it is not an execution file"),
        ("read('kestra:///a/b/../../../etc/passwd')", "as it is not an execution file"),
        ("read('kestra:///')", "as it is not an execution file"),
        ("read('kestra:///acme/team/flow/executions/e1')", "as it is not an execution file"),
        ("read('kestra:///acme/_files/up.txt')", "as it is not an execution file"),
        ("fileExists('kestra:///acme/_files/up.txt')", "as it is not an execution file"),
        ("read('file:///etc/hostname')", "The path /etc/hostname is not authorized"),
        ("read('http://x/y')", "scheme not supported"),
        ("read(3)", "Unable to read the file 3"),
        ("read()", "expects an argument 'path' that is a path to a namespace file or an internal storage URI"),
    ],
)
def test_other_files_are_refused(bench: Bench, expression: str, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        bench.context().render(f"{{{{ {expression} }}}}")
    assert message in str(refused.value)


def test_a_file_that_is_too_large_to_be_a_text_is_refused(bench: Bench) -> None:
    bench.storage.put(OWN, BytesIO(b"x"))
    os.truncate(bench.storage.path(OWN), 50_000_001)
    with pytest.raises(TemplateError, match=r"has 50000001 bytes, and `read` takes 50000000 at the most"):
        bench.context().render(f"{{{{ read('{OWN}') }}}}")
