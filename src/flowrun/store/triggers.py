"""Triggers that are switched off, beside what their flows say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowrun.store.database import Database


def switch(database: Database, namespace: str, flow_id: str, trigger_id: str, *, disabled: bool) -> None:
    """Switch a trigger of a flow off, or on again."""
    database.execute("INSERT OR REPLACE INTO triggers VALUES (?, ?, ?, ?)", (namespace, flow_id, trigger_id, disabled))


def switched_off(database: Database, namespace: str, flow_id: str) -> frozenset[str]:
    """The ids of the triggers of a flow that are off."""
    query = "SELECT id FROM triggers WHERE namespace = ? AND flow_id = ? AND disabled"
    return frozenset(row[0] for row in database.execute(query, (namespace, flow_id)))
