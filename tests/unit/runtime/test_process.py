"""Child processes: real ones, that end at once."""

from __future__ import annotations

import pytest

from flowrun.errors import TaskFailed
from flowrun.runtime.process import LONGEST_LINE, PIECE, ChildProcess, Lines


def lines_of(text: str) -> tuple[int, list[tuple[str, bool]]]:
    lines: list[tuple[str, bool]] = []
    code = ChildProcess(["/bin/sh", "-c", text], None, None).wait(
        lambda several, is_error: lines.extend((line, is_error) for line in several)
    )
    return code, lines


def test_every_line_comes_with_its_stream():
    assert lines_of("echo a; echo; printf b") == (0, [("a", False), ("", False), ("b", False)])
    assert lines_of("echo a >&2; exit 3") == (3, [("a", True)])


def test_the_code_of_a_killed_process_is_that_of_a_shell():
    assert lines_of("kill -9 $$")[0] == 137
    assert lines_of("kill -15 $$")[0] == 143


def test_what_is_no_text_is_replaced():
    assert lines_of("printf 'a\\377b\\n'") == (0, [("a\ufffdb", False)])


def test_a_missing_program_is_named():
    with pytest.raises(TaskFailed, match='Cannot run program "/no/such": No such file'):
        ChildProcess(["/no/such"], None, None)


def test_lines_end_where_they_ended_before_they_were_read_in_pieces():
    lines = Lines()
    pieces = [b"a\r", b"\nb\rc\n\n", "\u00fc".encode()[:1], "\u00fc".encode()[1:], b"\x0b\n", b"rest\r", b""]
    assert [lines.take(piece) for piece in pieces] == [[], ["a", "b", "c", ""], [], [], ["\u00fc\x0b"], [], ["rest"]]


def test_what_ends_with_a_line_end_has_no_further_line():
    lines = Lines()
    assert [lines.take(piece) for piece in (b"a\n", b"")] == [["a"], []]


def test_a_line_without_end_is_taken_for_several():
    lines = Lines()
    piece = b"x" * PIECE
    taken = [one for _ in range(2 * LONGEST_LINE // PIECE) for one in lines.take(piece)] + lines.take(b"")
    assert len(taken) == 2
    assert max(map(len, taken)) <= LONGEST_LINE + PIECE


def test_who_does_not_want_the_lines_ends_the_process():
    def refuse(lines: list[str], _is_error: bool) -> None:
        raise TaskFailed(f"refused: {lines}")

    child = ChildProcess(["/bin/sh", "-c", "echo a >&2; exec sleep 60"], None, None)
    with pytest.raises(TaskFailed, match="refused: \\['a'\\]"):
        child.wait(refuse)
    assert child.popen.returncode == -9
