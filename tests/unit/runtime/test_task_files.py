"""Files that go into a working directory, and those that are kept of it. The verdicts are those of a Kestra 1.3.31."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from flowrun.errors import TaskFailed
from flowrun.runtime.task_files import captured, stored_name, write_input_files
from flowrun.store.storage import FolderStorage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    kept = FolderStorage(tmp_path / "storage")
    kept.put("kestra:///a/b.txt", BytesIO(b"stored"))
    return kept


def written(given: object, tmp_path: Path, storage: FolderStorage) -> dict[str, str]:
    folder = tmp_path / "work"
    folder.mkdir()
    write_input_files(given, folder, storage)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_map_gives_files_from_text_and_from_storage(tmp_path, storage):
    given = {"a.txt": "hi", "d/e/b.txt": "kestra:///a/b.txt", "no.txt": None, "c.txt": " kestra:///a/b.txt"}
    assert written(given, tmp_path, storage) == {
        "a.txt": "hi",
        "d/e/b.txt": "stored",
        "c.txt": " kestra:///a/b.txt",
    }


def test_json_text_gives_an_empty_file_for_null(tmp_path, storage):
    assert written('{"a.txt": "hi", "n.txt": null}', tmp_path, storage) == {"a.txt": "hi", "n.txt": ""}


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a/../x", "/tmp/x", ""])
def test_no_name_leads_out_of_the_folder(name, tmp_path, storage):
    with pytest.raises(TaskFailed, match="must be a relative path inside the current working directory"):
        written({name: "hi"}, tmp_path, storage)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("hello", "no JSON of a map"),
        ("[1]", "a map of names"),
        ({"a": {"b": 1}}, "a text"),
        ({"a": "kestra:///none"}, r"kestra:///none \(No such file"),
        ({"a": "file:///etc/hostname"}, "The path /etc/hostname is not authorized"),
        ({"a": "nsfile:///x"}, "files of the namespace"),
        ({"a": "kestra:///../x"}, "kestra:///../x"),
    ],
)
def test_what_is_no_file_is_refused(given, message, tmp_path, storage):
    with pytest.raises(TaskFailed, match=message):
        written(given, tmp_path, storage)


TREE = ("a.txt", "d/a.txt", "d/e/a.txt", "b1.txt", "b22.txt", "x.csv", "y.csv", ".hidden", "p.md", "s/one", "z.txt")


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("**/a.txt", {"d/a.txt", "d/e/a.txt"}),
        ("b?.txt", {"b1.txt"}),
        ("{x,y}.csv", {"x.csv", "y.csv"}),
        ("d", set()),
        (".h*", {".hidden"}),
        ("[pq].md", {"p.md"}),
        ("[!p-q].md", set()),
        ("s/*", {"s/one"}),
        ("*", {name for name in TREE if "/" not in name}),
        ("**", set(TREE)),
        ("d/**", {"d/a.txt", "d/e/a.txt"}),
        ("missing", set()),
        ("a.t[", set()),
    ],
)
def test_globs_match_as_on_the_server(glob, names, tmp_path):
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert {name for name, _ in captured([glob], tmp_path)} == names


def test_no_link_is_followed(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.txt").touch()
    (tmp_path / "inner").symlink_to("d/a.txt")
    (tmp_path / "outer").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("/etc")
    assert [name for name, _ in captured(["**"], tmp_path)] == ["d/a.txt"]


def test_stored_names_are_unique_and_fit_in_a_uri():
    assert stored_name("a b#ü.csv").endswith("-a_b__.csv")
    assert stored_name("a.csv") != stored_name("a.csv")
