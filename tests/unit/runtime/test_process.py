"""Child processes: real ones, that end at once."""

from __future__ import annotations

import pytest

from flowrun.errors import TaskFailed
from flowrun.runtime.process import ChildProcess


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
