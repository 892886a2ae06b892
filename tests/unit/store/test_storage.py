"""Internal storage: what URIs name, what stays inside, who may read it."""

from __future__ import annotations

import os
import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from flowrun.model.storage import execution_uri, input_uri
from flowrun.store.storage import FolderStorage, MountedStorage, PassingStorage

if TYPE_CHECKING:
    from pathlib import Path

FILE = "kestra:///a/b/f/executions/1/inputs/x/data.csv"


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "storage")


def test_what_is_put_is_read_back_and_only_its_owner_may(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO(b"a,b\n"))
    with storage.open(FILE) as file:
        assert file.read() == b"a,b\n"
    assert storage.size(FILE) == 4
    path = storage.folder / "a/b/f/executions/1/inputs/x/data.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    assert storage.folder.stat().st_mode & 0o077 == 0


def test_a_file_that_is_put_again_is_another_file(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO(b"long ago"))
    storage.put(FILE, BytesIO(b"now"))
    with storage.open(FILE) as file:
        assert file.read() == b"now"


class Broken(BytesIO):
    """A source that ends with an error after its first piece."""

    def read(self, _size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("unplugged")
        self.seek(1)
        return b"half"


def test_a_copy_that_fails_leaves_nothing(storage: FolderStorage) -> None:
    with pytest.raises(OSError, match="unplugged"):
        storage.put(FILE, Broken())
    assert [path for path in storage.folder.rglob("*") if path.is_file()] == []


class Endless(BytesIO):
    """As many bytes as are asked for, `pieces` times; more than a piece at a time fails."""

    pieces = 64

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size <= 1 << 20
        self.pieces -= 1
        return b"x" * size if self.pieces >= 0 else b""


def test_a_large_file_is_copied_in_pieces(storage: FolderStorage) -> None:
    storage.put(FILE, Endless())
    assert storage.size(FILE) == 64 << 20


@pytest.mark.parametrize(
    "uri",
    [
        "kestra:///../x",
        "kestra:///a/../../x",
        "kestra:///a/./x",
        "kestra:///a//x",
        "kestra:////etc/passwd",
        "kestra:///",
        "kestra://a/b",
        "file:///etc/passwd",
        "/etc/passwd",
        "kestra:///a\0b",
    ],
)
def test_a_uri_that_leads_out_is_refused(storage: FolderStorage, uri: str) -> None:
    for use in (storage.open, storage.size, storage.remove, lambda one: storage.put(one, BytesIO())):
        with pytest.raises(PermissionError):
            use(uri)


def test_a_symbolic_link_that_leads_out_is_refused(storage: FolderStorage, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    storage.put("kestra:///a/x", BytesIO())
    (storage.folder / "a" / "file").symlink_to(tmp_path / "secret.txt")
    (storage.folder / "a" / "folder").symlink_to(tmp_path)
    for uri in ("kestra:///a/file", "kestra:///a/folder/secret.txt"):
        with pytest.raises(PermissionError):
            storage.open(uri)
        with pytest.raises(PermissionError):
            storage.put(uri, BytesIO(b"changed"))
    assert (tmp_path / "secret.txt").read_text() == "secret"


def test_a_pipe_is_neither_listed_nor_waited_for(storage: FolderStorage) -> None:
    storage.put("kestra:///a/x", BytesIO())
    os.mkfifo(storage.folder / "a" / "pipe")
    assert storage.files("kestra:///a") == ["kestra:///a/x"]
    with pytest.raises(PermissionError, match="no ordinary file"):
        storage.open("kestra:///a/pipe")


class Watching(BytesIO):
    """A source that notes which files are there while it is read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(b"x")
        self.folder = folder
        self.seen: set[str] = set()

    def read(self, size: int | None = -1) -> bytes:
        self.seen |= {path.name for path in self.folder.rglob("*") if path.is_file()}
        return super().read(size)


def test_a_file_that_is_being_written_has_a_name_by_chance(storage: FolderStorage) -> None:
    names = set()
    for _ in range(3):
        source = Watching(storage.folder)
        storage.put(FILE, source)
        names |= source.seen - {"data.csv"}
    assert len(names) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}\.part", name) for name in names)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "storage").symlink_to(tmp_path / "disk")
    storage = FolderStorage(tmp_path / "storage")
    storage.put(FILE, BytesIO(b"1"))
    assert storage.size(FILE) == 1


def test_a_folder_is_removed_with_the_empty_ones_around_it_and_no_others(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO())
    storage.put("kestra:///a/other.txt", BytesIO())
    storage.remove("kestra:///a/b/f/executions/1")
    assert sorted(path.name for path in storage.folder.rglob("*")) == ["a", "other.txt"]
    storage.remove("kestra:///a/b/f/executions/1")


def test_a_folder_is_no_file(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO())
    with pytest.raises(IsADirectoryError):
        storage.open("kestra:///a/b")


def test_passing_storage_leaves_nothing_and_makes_nothing_unasked() -> None:
    storage = PassingStorage()
    storage.close()
    storage.put(FILE, BytesIO(b"1"))
    folder = storage.made.folder
    assert storage.size(FILE) == 1
    storage.close()
    assert not folder.exists()


def test_uris_have_kestras_form() -> None:
    folder = execution_uri("my.name_space-x", "A-B_c.D", "7dDD")
    assert folder == "kestra:///my/name_space-x/a-b-cd/executions/7dDD"
    assert input_uri(folder, "x.y", "/tmp/some:where/a:b.csv#1") == f"{folder}/inputs/x.y/ab.csv"


def test_a_folder_is_deleted_after_what_is_in_it(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO(b"x"))
    assert storage.delete("kestra:///a/b/f/executions/1/inputs") == [
        FILE,
        "kestra:///a/b/f/executions/1/inputs/x",
        "kestra:///a/b/f/executions/1/inputs",
    ]
    assert not storage.exists(FILE)
    assert storage.delete(FILE) == []


def test_nothing_deletes_the_whole_storage(storage: FolderStorage) -> None:
    storage.put(FILE, BytesIO(b"x"))
    for uri in ("kestra://", "kestra:///", "kestra:///."):
        with pytest.raises(PermissionError):
            storage.delete(uri)
    assert storage.exists(FILE)


def test_a_link_is_deleted_and_not_what_it_leads_to(storage: FolderStorage) -> None:
    storage.put("kestra:///a/one.txt", BytesIO(b"x"))
    (storage.folder / "a/link").symlink_to("one.txt")
    storage.delete("kestra:///a/link")
    assert storage.files("kestra:///a") == ["kestra:///a/one.txt"]


def test_files_are_listed_through_all_folders(storage: FolderStorage) -> None:
    for uri in ("kestra:///a/z.txt", FILE, "kestra:///b/x.txt"):
        storage.put(uri, BytesIO())
    assert storage.files("kestra:///a") == [FILE, "kestra:///a/z.txt"]
    assert storage.files("kestra:///nope") == []


def test_a_folder_may_stand_for_a_part_of_the_storage(storage: FolderStorage, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.txt").write_text("mine")
    mounted = MountedStorage(storage, FolderStorage(folder, "kestra:///x/_files"))
    storage.put("kestra:///x/_files/hidden.txt", BytesIO(b"stored"))
    mounted.put("kestra:///x/_files/b/c.txt", BytesIO(b"new"))
    mounted.put("kestra:///x/_filesystem", BytesIO(b"elsewhere"))
    assert mounted.files("kestra:///x/_files") == ["kestra:///x/_files/a.txt", "kestra:///x/_files/b/c.txt"]
    assert (folder / "b/c.txt").read_text() == "new"
    assert storage.exists("kestra:///x/_filesystem")
    mounted.delete("kestra:///x/_files/b")
    assert mounted.files("kestra:///x/_files") == ["kestra:///x/_files/a.txt"]
    with pytest.raises(PermissionError):
        mounted.size("kestra:///x/_files/../a.txt")
