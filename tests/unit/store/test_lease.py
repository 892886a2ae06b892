"""Slots of a limited flow, in the order of asking; whoever is dead has none. And an ear for `kill`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.support.stored import an_execution, count, keep

from flowrun.errors import StartRefused, StoreError
from flowrun.model.flow import Concurrency, ConcurrencyBehavior
from flowrun.store.executions import forget_requests, request_kill, request_resume
from flowrun.store.lease import StoreLease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrun.store.database import Database

    Join = Callable[..., StoreLease]


@pytest.fixture
def join(database: Database) -> Iterator[Join]:
    """Make an execution of `test.flow` live: `join("a", limit, behavior)`."""
    living: list[StoreLease] = []

    def live(
        name: str, limit: int = 1, behavior: ConcurrencyBehavior = ConcurrencyBehavior.QUEUE, namespace: str = "test"
    ) -> StoreLease:
        lease = StoreLease(database, an_execution(name, namespace=namespace), Concurrency(limit, behavior))
        lease.acquire()
        living.append(lease)
        return lease

    yield live
    for lease in living:
        lease.release()


def die(lease: StoreLease) -> None:
    """Do what the system does when a process is killed."""
    assert lease.lock.descriptor is not None
    os.close(lease.lock.descriptor)
    lease.lock.descriptor = None


def test_as_many_have_a_slot_as_the_limit_allows(join: Join) -> None:
    assert [join(name, limit=2).claim() for name in "abcd"] == [None, None, 2, 2]


def test_a_flow_without_a_limit_asks_for_nothing(database: Database) -> None:
    lease = StoreLease(database, an_execution(), None)
    assert lease.claim() is None
    lease.release()
    assert count(database, "slots") == 0


def test_flows_of_other_namespaces_do_not_count(join: Join) -> None:
    assert join("a").claim() is None
    assert join("b", namespace="other").claim() is None


@pytest.mark.parametrize("behavior", [ConcurrencyBehavior.FAIL, ConcurrencyBehavior.CANCEL])
def test_who_does_not_queue_is_not_in_the_queue(join: Join, database: Database, behavior: ConcurrencyBehavior) -> None:
    first = join("a")
    first.claim()
    assert join("b", behavior=behavior).claim() == 1
    assert count(database, "slots") == 1
    first.release()
    assert join("c", behavior=behavior).claim() is None


def test_slots_are_granted_in_the_order_of_asking(join: Join) -> None:
    first, second, third = (join(name) for name in "abc")
    assert [lease.claim() for lease in (first, second, third)] == [None, 1, 1]
    assert not second.granted()
    first.release()
    assert not third.granted()
    assert second.granted()
    assert not third.granted()
    second.release()
    assert third.granted()


def test_nobody_overtakes_those_who_wait(join: Join) -> None:
    first, second = join("a"), join("b")
    first.claim()
    second.claim()
    first.release()
    newcomer = join("c")
    assert newcomer.claim() == 0
    assert not newcomer.granted()
    assert second.granted()


def test_the_slot_of_a_dead_process_is_free_at_once(join: Join) -> None:
    first, second = join("a"), join("b")
    first.claim()
    second.claim()
    die(first)
    assert second.granted()


def test_a_dead_process_in_the_queue_is_waited_for_by_nobody(join: Join) -> None:
    first, second, third = (join(name) for name in "abc")
    for lease in (first, second, third):
        lease.claim()
    die(second)
    first.release()
    assert third.granted()


def test_rows_of_the_dead_are_cleared_away(join: Join, database: Database) -> None:
    for name in "abc":
        lease = join(name)
        lease.claim()
        die(lease)
    assert join("d").claim() is None
    assert count(database, "slots") == 1


def test_a_restart_takes_its_own_slot_again(join: Join, database: Database) -> None:
    lease = join("a")
    lease.claim()
    die(lease)
    assert join("a").claim() is None
    assert count(database, "slots") == 1


def test_release_gives_the_slot_back_and_may_be_repeated(join: Join, database: Database) -> None:
    lease = join("a")
    lease.claim()
    lease.release()
    lease.release()
    assert count(database, "slots") == 0


def test_an_execution_that_runs_elsewhere_is_refused(join: Join) -> None:
    join("a")
    with pytest.raises(StartRefused, match="execution a is running in another process") as refused:
        join("a")
    assert refused.value.hint == "`flowrun kill a` ends it"


def test_a_lock_that_cannot_be_made_is_told(join: Join, database: Database) -> None:
    (database.folder / "locks" / "migration.lock").unlink()
    (database.folder / "locks").rmdir()
    with pytest.raises(StoreError, match="cannot be used: No such file or directory"):
        join("a")


def test_a_store_that_cannot_be_written_limits_nothing(join: Join, database: Database) -> None:
    first, second = join("a"), join("b")
    first.claim()
    second.claim()
    first.release()
    database.execute("PRAGMA query_only = ON")
    assert join("c").claim() is None
    assert not second.granted()
    database.execute("PRAGMA query_only = OFF")


def test_a_request_to_kill_is_heard_once(join: Join, database: Database) -> None:
    lease = join("a")
    keep(database, an_execution("a"))
    assert not lease.kill_requested()
    request_kill(database, "a")
    assert lease.kill_requested()
    assert not lease.kill_requested()


def test_a_request_that_came_too_late_can_be_forgotten(join: Join, database: Database) -> None:
    execution = an_execution("a")
    keep(database, execution)
    request_kill(database, "a")
    request_resume(database, "a", "run", {})
    forget_requests(database, execution)
    lease = join("a")
    assert not lease.kill_requested()
    assert lease.resume_requested() is None


def test_the_word_for_a_task_run_is_taken_once_and_heard_once(join: Join, database: Database) -> None:
    lease = join("a")
    keep(database, an_execution("a"))
    assert lease.resume_requested() is None
    assert request_resume(database, "a", "run", {"why": "x"})
    assert not request_resume(database, "a", "run", {"why": "y"})
    assert lease.resume_requested() == ("run", {"why": "x"})
    assert lease.resume_requested() is None
    assert not request_resume(database, "a", "run", {"why": "z"})  # its effect may not be in the store yet
    assert request_resume(database, "a", "next", {})
    assert lease.resume_requested() == ("next", {})
