"""Flows that are saved in the store: kept in revisions, found by `namespace.id`, or `namespace.id@revision`."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowrun.diagnostics import Diagnostic, Severity, did_you_mean
from flowrun.errors import UsageError
from flowrun.loading.source import Source
from flowrun.store import flows as rows
from flowrun.store.database import find_database, open_database, told_as_store_error
from flowrun.store.home import home_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowrun.loading.loader import Loaded
    from flowrun.model.flow import Flow
    from flowrun.store.database import Database
    from flowrun.store.flows import FlowRevision

REVISION_LINE = re.compile(rb"(?m)^revision:[ \t]*\d+[ \t]*(?:\r?\n|\Z)")
"""The server numbers revisions itself: what a file says of its own is cut out of it (flow reference, 1.1)."""
NAME = re.compile(r"(?P<name>[^@\s/\\]+[./][^@\s/\\]+)(?:@(?P<revision>\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Given:
    """A file that is to be saved: its bytes, and what was found in it."""

    source: Source
    data: bytes
    loaded: Loaded


@dataclass(frozen=True, slots=True)
class Saved:
    """A flow as it is kept now. `changed`: this call made the revision."""

    revision: FlowRevision
    changed: bool


def give(data: bytes, name: str) -> Given:
    """A file's bytes, checked as `flowrun validate` does. Raises `UsageError` for what is no text."""
    from flowrun.app.flows import load_with_settings
    from flowrun.loading.source import decode

    source = Source(decode(data, name), name)
    return Given(source, data, load_with_settings(source))


def save(files: Sequence[Given]) -> list[Saved]:
    """Save valid flows, all of them or none. Raises `UsageError` when two files hold the same flow."""
    names: dict[tuple[str, str], str] = {}
    for one in files:
        if (flow := one.loaded.flow) is not None:
            other = names.setdefault((flow.namespace, flow.id), one.source.name)
            if other != one.source.name:
                raise UsageError(f"`{other}` and `{one.source.name}` both hold the flow `{flow.namespace}.{flow.id}`")
    database = open_database(home_folder())
    with closing(database), told_as_store_error(database.folder), database.transaction():
        return [saved(database, one.loaded.flow, one.data) for one in files if one.loaded.flow is not None]


def update(name: str, file: Given) -> Saved:
    """Save a new revision of one flow. Raises `UsageError` when it was never saved; see `renamed` for what is refused."""
    with the_store() as database, database.transaction():
        found(database, name)
        assert file.loaded.flow is not None
        return saved(database, file.loaded.flow, file.data)


def saved(database: Database, flow: Flow, data: bytes) -> Saved:
    before = rows.latest(database, flow.namespace, flow.id)
    kept = rows.save(database, flow.namespace, flow.id, REVISION_LINE.sub(b"", data), datetime.now(UTC))
    return Saved(kept, before is None or kept.revision != before.revision)


def renamed(name: str, file: Given) -> list[Diagnostic]:
    """What keeps a file from being the next revision of a flow: id and namespace never change. Raises `UsageError`."""
    with the_store() as database:
        before = found(database, name)
    flow = file.loaded.flow
    assert flow is not None
    problems = []
    for key, old, new in (("id", before.id, flow.id), ("namespace", before.namespace, flow.namespace)):
        if old != new:
            kestra = f"flow.{key}: Illegal {'flow id' if key == 'id' else key} update"
            message = f"the {key} of a saved flow never changes: it is `{old}`, not `{new}`"
            hint = "save it as another flow, without --update"
            where = file.loaded.span(key)
            problems.append(Diagnostic("immutable", Severity.ERROR, message, where, key, hint=hint, kestra=kestra))
    return problems


def read(name: str) -> FlowRevision:
    """A revision of a saved flow: the newest, or the one behind `@`. Raises `UsageError`."""
    with the_store() as database:
        return found(database, name)


def source_of(one: FlowRevision) -> Source:
    """A saved revision as what is loaded and run."""
    return Source(one.source.decode("utf-8-sig"), f"{one.name}@{one.revision}", one.revision)


def find(name: str) -> FlowRevision | None:
    """As `read`; None when no store has such a flow, or `name` cannot be the name of one."""
    if NAME.fullmatch(name) is None:
        return None
    database = find_database(home_folder())
    if database is None:
        return None
    with closing(database), told_as_store_error(database.folder):
        return found(database, name) if rows.named(database, name.partition("@")[0]) else None


def listing(namespace: str | None) -> list[FlowRevision]:
    """The newest revisions of all flows that are not deleted; of a namespace and those below it, if one is named."""
    with the_store() as database:
        newest = rows.newest_revisions(database)
    return [
        one
        for one in newest
        if not one.deleted and (namespace is None or f"{one.namespace}.".startswith(f"{namespace}."))
    ]


def revisions(name: str) -> list[FlowRevision]:
    """All revisions of a flow, deleted ones too, oldest first. Raises `UsageError`."""
    with the_store() as database:
        one = only(database, name.partition("@")[0])
        return rows.revisions(database, one.namespace, one.id)


def delete(names: Sequence[str]) -> list[FlowRevision]:
    """Delete flows, all of them or none; their revisions are kept. Raises `UsageError`."""
    with the_store() as database, database.transaction():
        return [rows.delete(database, found(database, name), datetime.now(UTC)) for name in names]


def found(database: Database, name: str) -> FlowRevision:
    """The revision that `namespace.id` or `namespace.id@revision` means. Raises `UsageError`."""
    parts = NAME.fullmatch(name)
    if parts is None:
        raise UsageError(
            f"`{name}` is not the name of a saved flow", hint="write NAMESPACE.ID or NAMESPACE.ID@REVISION"
        )
    newest = only(database, parts["name"])
    if parts["revision"] is not None:
        wanted = int(parts["revision"])
        known = rows.revisions(database, newest.namespace, newest.id)
        for one in known:
            if one.revision == wanted and not one.deleted:
                return one
        raise UsageError(f"`{newest.name}` has no revision {wanted}", hint=f"`flowrun flow revisions {newest.name}`")
    if newest.deleted:
        before = newest.revision - 1
        hint = f"`flowrun flow get {newest.name}@{before}` still has what it was"
        raise UsageError(f"the flow `{newest.name}` was deleted", hint=hint)
    return newest


def only(database: Database, name: str) -> FlowRevision:
    """The newest revision of the one flow with this name. Raises `UsageError` for none and for several."""
    candidates = rows.named(database, name)
    if len(candidates) > 1:
        living = [one for one in candidates if not one.deleted]
        if len(living) == 1:
            return living[0]
        ways = " and ".join(f"`{one.id}` in `{one.namespace}`" for one in candidates)
        raise UsageError(
            f"`{name}` may mean the flows {ways}",
            hint=f"write `{candidates[0].namespace}/{candidates[0].id}` for the first of them",
        )
    if not candidates:
        known = [one.name for one in rows.newest_revisions(database) if not one.deleted]
        raise UsageError(
            f"no flow `{name}` is saved", hint=did_you_mean(name, known) or "`flowrun flow list` shows them"
        )
    return candidates[0]


@contextmanager
def the_store() -> Iterator[Database]:
    """The store. Raises `UsageError` when there is none yet, `StoreError`."""
    database = find_database(home_folder())
    if database is None:
        raise UsageError("no flow is saved yet", hint="`flowrun flow save FILE` saves one")
    with closing(database), told_as_store_error(database.folder):
        yield database
