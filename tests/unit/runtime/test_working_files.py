"""Files that go into the folder of a task and out of it. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.contexts import Bench

from flowrun.errors import TaskFailed
from flowrun.model.namespace_files import FileExistComportment, NamespaceFiles
from flowrun.model.storage import namespace_uri
from flowrun.runtime.working_files import remove

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    for path in ("a/b.txt", "a/deep/c.txt", "top.txt", "x.csv"):
        bench.storage.put(namespace_uri("acme.team", path), BytesIO(path.encode()))
    bench.storage.put(namespace_uri("acme", "top.txt"), BytesIO(b"above"))
    yield bench
    bench.close()


def held(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(files)}


def written(bench: Bench, given: Any) -> dict[str, str]:
    context = bench.context()
    context.write_input_files(given)
    return held(context.working_dir)


def test_contents_are_texts_or_what_uris_name(bench: Bench) -> None:
    stored = "kestra:///acme/team/_files/a/b.txt"
    given = {"t.txt": "see kestra:///x", "d/s.txt": stored, "n.txt": None, "nsf": "nsfile:///x.csv"}
    given["other"] = "nsfile://acme/top.txt"
    expected = {"t.txt": "see kestra:///x", "d/s.txt": "a/b.txt", "n.txt": "", "nsf": "x.csv", "other": "above"}
    assert written(bench, given) == expected


def test_json_text_may_hold_numbers_and_nulls(bench: Bench) -> None:
    assert written(bench, '{"a": "1", "b": 2, "c": true, "d": null}') == {"a": "1", "b": "2", "c": "true", "d": ""}


@pytest.mark.parametrize("name", ["/abs.txt", "../up.txt", "a/../b.txt", ""])
def test_a_file_stays_in_the_folder(bench: Bench, name: str) -> None:
    with pytest.raises(TaskFailed, match="must be a relative path inside the current working directory"):
        written(bench, {name: "x"})


def test_a_symbolic_link_leads_no_file_out_of_the_folder(bench: Bench, tmp_path: Path) -> None:
    context = bench.context()
    (context.working_dir / "out").symlink_to(tmp_path)
    with pytest.raises(TaskFailed, match="inside the current working directory"):
        context.write_input_files({"out/x.txt": "x"})
    context.clear()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("hello", "Unrecognized token 'hello'"),
        ("", "No content to map due to end-of-input"),
        ([1], "Invalid `files` properties"),
        ("[1]", "Cannot deserialize value of type"),
        ({"a": 1}, "class java.lang.Integer cannot be cast to class java.lang.String"),
        ('{"a": {}}', "Cannot deserialize value of type"),
        ({"a": "kestra:///acme/team/f/executions/x/y.txt"}, "No such file or directory"),
        ({"a": "file:///etc/hostname"}, "The path /etc/hostname is not authorized"),
    ],
)
def test_what_makes_no_file_is_refused(bench: Bench, given: Any, message: str) -> None:
    with pytest.raises(TaskFailed, match=message):
        written(bench, given)


def loaded(bench: Bench, **wanted: Any) -> list[str]:
    context = bench.context()
    context.load_namespace_files(NamespaceFiles(**wanted))
    return list(held(context.working_dir))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["a/b.txt", "a/deep/c.txt", "top.txt", "x.csv"]),
        ({"enabled": "false"}, []),
        ({"include": ["*.txt"]}, []),
        ({"include": ["a/**"], "exclude": ["**/c.txt"]}, ["a/b.txt"]),
        ({"exclude": ["top.txt", "a/b.txt"]}, ["a/deep/c.txt", "x.csv"]),
        ({"include": ["b.txt", "/x.csv"]}, ["a/b.txt", "x.csv"]),
        ({"include": ["a"]}, []),
        ({"include": ["top.txt"], "folder_per_namespace": True}, ["acme.team/top.txt"]),
        ({"namespaces": ["nope"]}, []),
    ],
)
def test_files_of_the_namespace_are_loaded(bench: Bench, wanted: dict[str, Any], expected: list[str]) -> None:
    assert loaded(bench, **wanted) == expected


def test_the_log_says_how_many_there_were(bench: Bench) -> None:
    loaded(bench, include=["top.txt"], namespaces=["acme", "acme.team"])
    assert bench.logs[0].startswith("Loaded 2 namespace files from 'acme, acme.team' in 00:00:0")


@pytest.mark.parametrize(
    ("if_exists", "text"),
    [
        (FileExistComportment.OVERWRITE, "top.txt"),
        (FileExistComportment.IGNORE, "mine"),
        (FileExistComportment.WARN, "mine"),
    ],
)
def test_a_file_that_is_there_is_written_over_or_stays(
    bench: Bench, if_exists: FileExistComportment, text: str
) -> None:
    context = bench.context()
    context.write_input_files({"top.txt": "mine"})
    context.load_namespace_files(NamespaceFiles(include=["top.txt"], if_exists=if_exists))
    assert (context.working_dir / "top.txt").read_text() == text


def test_a_file_that_is_there_may_be_a_failure(bench: Bench) -> None:
    context = bench.context()
    context.write_input_files({"top.txt": "mine"})
    with pytest.raises(TaskFailed, match="Error while loading namespace files"):
        context.load_namespace_files(NamespaceFiles(include=["top.txt"], if_exists=FileExistComportment.FAIL))
    context.clear()


def test_files_that_match_are_captured_and_links_are_not(bench: Bench) -> None:
    context = bench.context()
    context.write_input_files({"one.csv": "1", "out/deep/two.txt": "2", "three.log": "3"})
    (context.working_dir / "link.csv").symlink_to("/etc/hostname")
    uris = context.capture_output_files(["*.csv", "out/**", "missing.txt", None, "/three.log"])
    context.clear()
    assert {path: bench.text(uri) for path, uri in uris.items()} == {
        "one.csv": "1",
        "out/deep/two.txt": "2",
        "three.log": "3",
    }


def test_the_address_of_a_captured_file_is_a_safe_one_of_its_own(bench: Bench) -> None:
    context = bench.context()
    context.write_input_files({"a/sp ace#?.txt": "1", "b/sp ace#?.txt": "2"})
    uris = list(context.capture_output_files(["**"]).values())
    context.clear()
    assert len(set(uris)) == 2
    assert all(uri.endswith("-sp_ace__.txt") for uri in uris)


def test_a_folder_goes_with_what_a_script_has_closed() -> None:
    child = os.fork()
    if not child:
        left = True
        try:
            left = is_left_when_closed()
        finally:
            os._exit(left)
    assert os.waitpid(child, 0)[1] == 0


def is_left_when_closed() -> bool:
    """Whether a folder stays that nobody may look into. Nothing is closed to root, so that is given up before."""
    if not os.getuid():
        os.setuid(65534)
    folder = Path(mkdtemp(prefix="flowrun-", dir="/tmp"))
    (folder / "outer" / "inner").mkdir(parents=True)
    (folder / "outer" / "inner" / "a.txt").touch()
    (folder / "outer" / "link").symlink_to("/etc")
    (folder / "outer" / "inner").chmod(0)
    (folder / "outer").chmod(0o500)
    remove(folder)
    return folder.exists()


def test_a_pipe_gives_way_to_a_file_and_is_not_waited_for(bench: Bench) -> None:
    context = bench.context()
    for name in ("a.txt", "top.txt"):
        os.mkfifo(context.working_dir / name)
    context.write_input_files({"a.txt": "text"})
    context.load_namespace_files(NamespaceFiles(include=["top.txt"]))
    assert held(context.working_dir) == {"a.txt": "text", "top.txt": "top.txt"}
