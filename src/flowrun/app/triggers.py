"""Triggers as they stand: what flows say of them, and what was switched since."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from flowrun.errors import StoreError

if TYPE_CHECKING:
    from flowrun.model.flow import Flow


def with_switches(flow: Flow) -> Flow:
    """The flow with those of its triggers disabled that a Toggle task has switched off.

    A store that cannot be read has switched none: a flow can be looked at all the same.
    """
    if not flow.triggers:
        return flow
    try:
        off = switched_off(flow)
    except StoreError:
        return flow
    return replace(flow, triggers=[replace(one, disabled=one.disabled or one.id in off) for one in flow.triggers])


def switched_off(flow: Flow) -> frozenset[str]:
    """The ids of the triggers that are off. Raises `StoreError`."""
    from flowrun.store import triggers
    from flowrun.store.database import find_database, told_as_store_error
    from flowrun.store.home import home_folder

    folder = home_folder()
    database = find_database(folder)
    if database is None:
        return frozenset()
    with closing(database), told_as_store_error(folder):
        return triggers.switched_off(database, flow.namespace, flow.id)
