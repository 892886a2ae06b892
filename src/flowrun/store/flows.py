"""Saved flows and their revisions (flow reference, 1.1 and 1.5). Nothing is ever changed: each change is a new revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrun.store.database import Database

COLUMNS = "namespace, id, revision, source, deleted, saved_at"


@dataclass(frozen=True, slots=True)
class FlowRevision:
    """One revision of a saved flow; the source as it was given, in bytes. `deleted`: the flow was deleted with it."""

    namespace: str
    id: str
    revision: int
    source: bytes
    deleted: bool
    saved_at: datetime

    @property
    def name(self) -> str:
        """`namespace.id`."""
        return f"{self.namespace}.{self.id}"


def save(database: Database, namespace: str, flow_id: str, source: bytes, now: datetime) -> FlowRevision:
    """The flow's newest revision: a new one when the source is another than before, or the flow was deleted.

    To be called in a transaction, so that of two processes one comes first.
    """
    newest = latest(database, namespace, flow_id)
    if newest is not None and not newest.deleted and newest.source == source:
        return newest
    return append(database, FlowRevision(namespace, flow_id, next_after(newest), source, deleted=False, saved_at=now))


def delete(database: Database, newest: FlowRevision, now: datetime) -> FlowRevision:
    """One more revision, which says that the flow is deleted. To be called in a transaction."""
    source = newest.source
    return append(
        database, FlowRevision(newest.namespace, newest.id, next_after(newest), source, deleted=True, saved_at=now)
    )


def next_after(newest: FlowRevision | None) -> int:
    """Revisions count from 1, over deletions too."""
    return 1 if newest is None else newest.revision + 1


def append(database: Database, one: FlowRevision) -> FlowRevision:
    values = (one.namespace, one.id, one.revision, one.source, int(one.deleted), one.saved_at.isoformat())
    database.execute(f"INSERT INTO flows ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - constant
    return one


def latest(database: Database, namespace: str, flow_id: str) -> FlowRevision | None:
    """The newest revision of a flow, deleted or not; None for one that was never saved."""
    found = revisions(database, namespace, flow_id)
    return found[-1] if found else None


def revisions(database: Database, namespace: str, flow_id: str) -> list[FlowRevision]:
    """All revisions of a flow, oldest first."""
    query = f"SELECT {COLUMNS} FROM flows WHERE namespace = ? AND id = ? ORDER BY revision"  # noqa: S608 - constant
    return [revision_of(row) for row in database.execute(query, (namespace, flow_id))]


def newest_revisions(database: Database) -> list[FlowRevision]:
    """The newest revision of every flow that was ever saved, by name."""
    query = (
        f"SELECT {COLUMNS} FROM flows AS one WHERE revision = "  # noqa: S608 - constant
        "(SELECT max(revision) FROM flows WHERE namespace = one.namespace AND id = one.id) ORDER BY namespace, id"
    )
    return [revision_of(row) for row in database.execute(query)]


def named(database: Database, name: str) -> list[FlowRevision]:
    """The newest revisions of the flows that `namespace.id` may mean, as both parts may have dots; `namespace/id` means one."""
    if "/" in name:
        one = latest(database, *name.split("/", 1))
        return [] if one is None else [one]
    query = (
        f"SELECT {COLUMNS} FROM flows AS one WHERE namespace || '.' || id = ? AND revision = "  # noqa: S608 - constant
        "(SELECT max(revision) FROM flows WHERE namespace = one.namespace AND id = one.id) ORDER BY namespace, id"
    )
    return [revision_of(row) for row in database.execute(query, (name,))]


def revision_of(row: tuple[str, str, int, bytes, int, str]) -> FlowRevision:
    namespace, flow_id, revision, source, deleted, saved_at = row
    return FlowRevision(namespace, flow_id, revision, source, bool(deleted), datetime.fromisoformat(saved_at))
