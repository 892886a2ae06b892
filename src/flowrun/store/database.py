"""The database: opened, brought up to date, and every trouble with it told as a `StoreError`."""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flowrun.errors import NewerStore, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "flowrun.db"
KEY_FILE = "key"
LOCKS = "locks"

APPLICATION_ID = 0x666C7772
"""Marks a SQLite file as ours: the letters `flwr`."""

PATIENCE = 30.0
"""Seconds to wait for another process's transaction; each of ours takes milliseconds."""

CHECKPOINT = 4000
"""Pages of 4 kB in the write-ahead log that are moved to the database at once: each time the disk is waited for, so not after
every 1,000 as SQLite does by itself, which is 4 MB of a script that writes much.
"""

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = 6
"""That of the newest file in `migrations/`; a test holds the two together."""


class Database:
    """One connection. Statements outside of `transaction` commit by themselves."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection
        self.execute = connection.execute
        self.executemany = connection.executemany

    def transaction(self) -> Transaction:
        """All or nothing; the lock for writing is taken at once, so that no upgrade of it can fail later."""
        return Transaction(self)

    def close(self) -> None:
        """Give the file back."""
        self.connection.close()


class Transaction:
    """A class, as an interrupt may come at any place: a generator would stay where it is and roll back something later."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> None:
        self.roll_back()  # one that an interrupt left open
        self.database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.database.execute("COMMIT")
        finally:
            self.roll_back()  # also a COMMIT that failed, as the disk is full

    def roll_back(self) -> None:
        """End what is still open."""
        if self.database.connection.in_transaction:
            self.database.execute("ROLLBACK")


def open_database(folder: Path) -> Database:
    """The database of a store, made or brought up to date where necessary. Raises `StoreError`."""
    with told_as_store_error(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / LOCKS).mkdir(exist_ok=True)
        connection = connect(folder)
        try:
            if stamp(connection) != (APPLICATION_ID, VERSION):
                migrate(connection, folder)
        except BaseException:
            connection.close()
            raise
    return Database(folder, connection)


def find_database(folder: Path) -> Database | None:
    """As `open_database`, but nothing is made where there is nothing."""
    with told_as_store_error(folder):
        is_there = (folder / FILE).exists()
    return open_database(folder) if is_there else None


def connect(folder: Path, *, any_thread: bool = False) -> sqlite3.Connection:
    """A connection. `any_thread`: the caller sees to it that one thread at a time uses it."""
    path = folder / FILE
    if not path.exists():
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=not any_thread)
    # With a write-ahead log NORMAL loses nothing when the process is killed, and no power cut can damage the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
    return connection


def connect_to_memory() -> sqlite3.Connection:
    """A store that is gone when the connection is closed; any thread may use it, one at a time."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for _, script in migrations():
        connection.executescript(script)
    return connection


def stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    """Whose file it is, and the version of its tables."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Apply what is missing, in the order of the numbers; one process at a time. Raises `StoreError`."""
    with (folder / LOCKS / "migration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        application, version = stamp(connection)
        if (application, version) == (0, 0) and is_empty(connection):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
        elif application != APPLICATION_ID:
            raise StoreError(
                f"`{folder / FILE}` is a database of another program",
                hint="move it away, or name another folder with FLOWRUN_HOME",
            )
        if version > VERSION:
            raise NewerStore(
                f"the store in `{folder}` has version {version}, and this flowrun knows versions up to {VERSION}",
                hint="use the newer flowrun that wrote it, or name another folder with FLOWRUN_HOME",
            )
        for number, script in migrations():
            if number > version:
                stamped = f"PRAGMA user_version = {number}; PRAGMA application_id = {APPLICATION_ID};"
                connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{stamped}\nCOMMIT;")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the file holds no table."""
    with closing(connection.execute("SELECT 1 FROM sqlite_master")) as cursor:
        return cursor.fetchone() is None


def migrations() -> list[tuple[int, str]]:
    """Number and text of each migration, in order."""
    files = sorted(MIGRATIONS.glob("*.sql"))
    return [(int(path.name.split("_")[0]), path.read_text(encoding="utf-8")) for path in files]


@contextmanager
def told_as_store_error(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one sentence and a hint."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        raise explained(problem, folder) from problem
    except OSError as problem:
        hint = "name a folder that can be written with FLOWRUN_HOME"
        raise StoreError(f"the store in `{folder}` cannot be used: {problem.strerror}", hint=hint) from problem


def explained(problem: sqlite3.DatabaseError, folder: Path) -> StoreError:
    """A trouble of SQLite: a file that is none, or a disk that does not play along."""
    damaged = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
    if getattr(problem, "sqlite_errorname", "").startswith(damaged):
        hint = f"move it away (mv {folder / FILE} {folder / FILE}.damaged); the next run begins a new one"
        return StoreError(f"`{folder / FILE}` is damaged or no database: {problem}", hint=hint)
    hint = "look at the space and the rights of the folder, or name another one with FLOWRUN_HOME"
    return StoreError(f"the store in `{folder}` cannot be used: {problem}", hint=hint)
