"""The database: made for its owner only, brought up to date, and every trouble with it a `StoreError`."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.stored import a_line, an_execution, count, keep

from flowrun.errors import NewerStore, StoreError
from flowrun.store.database import FILE, VERSION, find_database, migrations, open_database, stamp, told_as_store_error
from flowrun.store.history import Filter, history

if TYPE_CHECKING:
    from flowrun.store.database import Database


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_may_look_into_it(database: Database) -> None:
    keep(database, an_execution())
    files = [path for path in database.folder.iterdir() if path.is_file()]
    assert mode(database.folder) == 0o700
    assert {path.name: mode(path) for path in files} == {path.name: 0o600 for path in files}
    assert {path.name for path in files} >= {FILE, f"{FILE}-wal"}


def test_migrations_are_numbered_without_a_gap_and_the_version_is_the_last() -> None:
    assert [number for number, _ in migrations()] == list(range(1, VERSION + 1))


def test_what_was_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    for number in range(3):
        with closing(open_database(tmp_path)) as database:
            assert count(database, "executions") == number
            keep(database, an_execution(f"id{number}"))


def test_many_at_once_make_one_store(tmp_path: Path) -> None:
    def use(number: int) -> None:
        with closing(open_database(tmp_path / "new")) as database:
            keep(database, an_execution(f"id{number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(8)))
    with closing(open_database(tmp_path / "new")) as database:
        assert count(database, "executions") == 8


def test_a_search_for_it_makes_nothing(tmp_path: Path) -> None:
    assert find_database(tmp_path / "store") is None
    assert not (tmp_path / "store").exists()


def test_a_newer_store_is_refused_with_both_versions(database: Database) -> None:
    database.execute(f"PRAGMA user_version = {VERSION + 6}")
    with pytest.raises(NewerStore, match=f"version {VERSION + 6}, .* up to {VERSION}$"):
        open_database(database.folder)


def test_a_store_without_its_tables_gets_them(tmp_path: Path) -> None:
    """As when the process that made it died before the first migration."""
    (tmp_path / FILE).touch()
    with closing(open_database(tmp_path)) as database:
        assert stamp(database.connection)[1] == VERSION


@pytest.mark.parametrize("version", [0, VERSION, VERSION + 1])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.executescript(f"CREATE TABLE recipes (name); PRAGMA user_version = {version}")
        with pytest.raises(StoreError, match="is a database of another program") as refused:
            open_database(tmp_path)
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    assert "FLOWRUN_HOME" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["hello", "hello, I am no database\n" * 1000])
def test_a_text_is_no_database(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StoreError, match="is damaged or no database") as refused:
        open_database(tmp_path)
    assert "mv " in str(refused.value.hint)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_truncated_store_is_damaged(tmp_path: Path, share: float) -> None:
    with closing(open_database(tmp_path)) as database:
        for number in range(200):
            keep(database, an_execution(f"id{number}"), [a_line("hi" * 200)])
    with (tmp_path / FILE).open("r+b") as file:
        file.truncate(int((tmp_path / FILE).stat().st_size * share))
    with pytest.raises(StoreError, match="damaged"), told_as_store_error(tmp_path):
        read_all(tmp_path)


def read_all(folder: Path) -> None:
    with closing(open_database(folder)) as database:
        history(database, Filter())
        count(database, "logs")


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(StoreError, match="cannot be used: File exists"):
        open_database(tmp_path / "store")


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(StoreError, match=re.escape("the store in `/proc/x` cannot be used")):
        open_database(Path("/proc/x"))


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with suppress(ZeroDivisionError), database.transaction():
        database.execute("INSERT INTO sources (text) VALUES ('x')")
        raise ZeroDivisionError
    assert count(database, "sources") == 0


def test_a_transaction_that_cannot_be_committed_leaves_room_for_the_next(database: Database) -> None:
    with suppress(sqlite3.IntegrityError), database.transaction():
        database.execute("PRAGMA defer_foreign_keys = ON")
        database.execute("INSERT INTO logs VALUES (99, 0, '', '', NULL, NULL, '')")
    keep(database, an_execution())
    assert count(database, "logs") == 0
