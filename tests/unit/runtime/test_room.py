"""Room: whoever is too far ahead waits."""

from __future__ import annotations

from threading import Thread

from flowrun.runtime.room import Room


def test_who_takes_more_than_there_is_waits_until_it_is_given():
    room = Room(10)
    room.take(6)
    taker = Thread(target=room.take, args=(6,), daemon=True)
    taker.start()
    taker.join(0.05)
    assert taker.is_alive()
    room.give(6)
    taker.join(10)
    assert (taker.is_alive(), room.used) == (False, 6)


def test_what_is_larger_than_the_whole_finds_an_empty_room():
    room = Room(10)
    room.take(11)
    assert room.used == 11
