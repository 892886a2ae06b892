"""Tasks over files of namespaces. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from flowrun.errors import TaskFailed
from flowrun.model.storage import namespace_uri
from flowrun.tasks.namespace.delete_files import DeleteFiles
from flowrun.tasks.namespace.download_files import DownloadFiles
from flowrun.tasks.namespace.purge_files import PurgeFiles
from flowrun.tasks.namespace.upload_files import UploadFiles
from flowrun.tasks.storage.write import Write

if TYPE_CHECKING:
    from tests.support.contexts import Bench

FILES = ("a/b.txt", "a/deep/c.txt", "top.txt", "x.csv")
SPACE = "acme.team"


def fill(bench: Bench) -> None:
    for path in FILES:
        bench.storage.put(namespace_uri(SPACE, path), BytesIO(path.encode()))


def names(bench: Bench, patterns: Any = "**") -> list[str]:
    return list(bench.run(DownloadFiles, namespace=SPACE, files=patterns)["files"])


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("a/b.txt", ["/a/b.txt"]),
        (["/a/b.txt"], ["/a/b.txt"]),
        (["b.txt"], ["/a/b.txt"]),
        (["*.txt"], []),
        (["**.txt"], ["/a/b.txt", "/a/deep/c.txt", "/top.txt"]),
        (["a/*"], ["/a/b.txt"]),
        (["a/**"], ["/a/b.txt", "/a/deep/c.txt"]),
        (["x*", "top.txt"], ["/top.txt", "/x.csv"]),
        (["nope"], []),
        ([], []),
    ],
)
def test_files_are_found_by_patterns(bench: Bench, patterns: Any, expected: list[str]) -> None:
    fill(bench)
    assert names(bench, patterns) == expected


def test_a_downloaded_file_belongs_to_the_execution(bench: Bench) -> None:
    fill(bench)
    uri = bench.run(DownloadFiles, namespace=SPACE, files="b.txt")["files"]["/a/b.txt"]
    assert uri == "kestra:///acme/team/flow/executions/e1/tasks/task/r1/a/b.txt"
    assert bench.text(uri) == "a/b.txt"


def test_stored_files_are_uploaded(bench: Bench) -> None:
    uri = bench.run(Write, content="hello")["uri"]
    bench.run(UploadFiles, namespace=SPACE, files_map={"m/a.txt": uri, "/n.txt": uri})
    bench.run(UploadFiles, namespace=SPACE, files_map=f'{{"j.txt": "{uri}"}}', destination="/d/")
    assert names(bench) == ["/d/j.txt", "/m/a.txt", "/n.txt"]
    assert bench.context().render("{{ read('m/a.txt') }}") == "hello"


def test_files_of_the_working_folder_are_uploaded(bench: Bench) -> None:
    context = bench.context()
    context.write_input_files({"d/one.txt": "1", "three.txt": "3"})
    UploadFiles(id="u", type="t", namespace=SPACE, files=["d/**", "/three.txt"], destination="/to").run(context)
    assert names(bench) == ["/to/d/one.txt", "/to/three.txt"]


def test_a_file_that_is_there_is_overwritten_kept_or_a_failure(bench: Bench) -> None:
    fill(bench)
    uri = bench.run(Write, content="new")["uri"]
    with pytest.raises(
        TaskFailed, match=r"File '/top.txt' already exists in namespace 'acme.team' and conflict is set to ERROR"
    ):
        bench.run(UploadFiles, namespace=SPACE, files_map={"top.txt": uri}, conflict="ERROR")
    bench.run(UploadFiles, namespace=SPACE, files_map={"top.txt": uri}, conflict="SKIP")
    assert bench.context().render("{{ read('top.txt') }}") == "top.txt"
    bench.run(UploadFiles, namespace=SPACE, files_map={"top.txt": uri})
    assert bench.context().render("{{ read('top.txt') }}") == "new"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "files or filesMap is required"),
        ({"files_map": "hello"}, "Unrecognized token 'hello'"),
        ({"files_map": {"a": None}}, "filesMap must be a Map<String, String>"),
        ({"files_map": {"a": "hello"}}, "Invalid internal storage uri"),
        ({"files_map": {"../a": "kestra:///acme/team/_files/top.txt"}}, "not using relative '..' path"),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused(bench: Bench, properties: dict[str, Any], message: str) -> None:
    fill(bench)
    with pytest.raises(TaskFailed, match=message):
        bench.run(UploadFiles, namespace=SPACE, **properties)


def test_files_are_deleted_with_the_folders_that_are_empty_then_if_asked(bench: Bench) -> None:
    fill(bench)
    bench.run(DeleteFiles, namespace=SPACE, files=["nope.txt", "b.txt"])
    assert names(bench) == ["/a/deep/c.txt", "/top.txt", "/x.csv"]
    bench.run(DeleteFiles, namespace=SPACE, files="c.txt", delete_parent_folder=True)
    assert names(bench) == ["/top.txt", "/x.csv"]
    assert not bench.storage.exists(namespace_uri(SPACE, "a"))


def test_there_are_no_old_versions_to_purge(bench: Bench) -> None:
    fill(bench)
    assert bench.run(PurgeFiles) == {"size": 0}
    assert bench.logs == ["purging 1 namespaces: [acme.team]", "purged 0 files"]
    assert names(bench) == [f"/{path}" for path in FILES]
