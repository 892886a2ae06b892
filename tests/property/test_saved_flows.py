"""Whatever is saved and deleted in whatever order: revisions count on, and every source is kept byte for byte."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from flowrun.store import flows
from flowrun.store.database import open_database

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [("a.b", "c"), ("a", "b.c"), ("a", "d")]
steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.one_of(st.none(), st.sampled_from([b"one", b"two\r\n", b"\xef\xbb\xbf"])))
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(steps)
def test_the_store_is_like_a_list_of_sources(steps: list[tuple[tuple[str, str], bytes | None]]) -> None:
    model: dict[tuple[str, str], list[tuple[bytes, bool]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder))
        for name, source in steps:
            kept = model.setdefault(name, [])
            newest = flows.latest(database, *name)
            with database.transaction():
                if source is not None:
                    if not kept or kept[-1] != (source, False):
                        kept.append((source, False))
                    assert flows.save(database, *name, source, NOW).revision == len(kept)
                elif newest is not None and not newest.deleted:
                    kept.append((kept[-1][0], True))
                    assert flows.delete(database, newest, NOW).revision == len(kept)
        for name, kept in model.items():
            found = flows.revisions(database, *name)
            assert [(one.source, one.deleted) for one in found] == kept
            assert [one.revision for one in found] == list(range(1, len(kept) + 1))
        newest_of = {(one.namespace, one.id): one.revision for one in flows.newest_revisions(database)}
        assert newest_of == {name: len(kept) for name, kept in model.items() if kept}
        both = [name for name in NAMES[:2] if model.get(name)]
        assert [(one.namespace, one.id) for one in flows.named(database, "a.b.c")] == sorted(both)
        database.close()
