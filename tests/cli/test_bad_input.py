"""Files that are no flows: one clear message, the right exit code, no traceback."""

from __future__ import annotations

import os
import subprocess

import pytest
from tests.cli.command import COMMAND, environment, flowrun

BAD = {
    "binary": (b"\x00\x01\x02" * 100, 2, "is a binary file"),
    "latin-1": ("id: h\xe9".encode("latin-1"), 2, "is not UTF-8 text"),
    "empty": (b"", 3, "error["),
    "only comments": (b"# nothing\n", 3, "error["),
    "list": (b"- a\n- b\n", 3, "error["),
    "text": (b"just words\n", 3, "error["),
    "broken": (b"id: [1\n", 3, "error["),
    "too large": (b"# x\n" * 3_000_000, 2, "larger than 10 MB"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_one_message_and_no_traceback(tmp_path, name):
    content, code, message = BAD[name]
    (tmp_path / "flow.yaml").write_bytes(content)
    done = flowrun("run", "flow.yaml", cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_bad_file_on_the_standard_input_is_answered_the_same():
    done = flowrun("run", "-", stdin=b"\x00")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`<stdin>` is a binary file" in done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = flowrun("run", "nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: there is no flow file `nowhere.yaml`, neither here nor in `flows/`\n"


def test_a_folder_is_no_flow(tmp_path):
    done = flowrun("run", str(tmp_path))
    assert done.returncode == 2
    assert "is a folder, not a flow file" in done.stderr


def test_a_large_file_is_answered(tmp_path):
    (tmp_path / "flow.yaml").write_bytes(b"- a: 1\n" * 100_000)
    done = flowrun("validate", "flow.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    """`flowrun … | head -1`: the pipe is closed before the first line is written."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "run", "01_hello_world.yaml", "--virtual-time", "--quiet"],
        env=environment(),
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_binary_file_does_not_keep_others_from_being_checked(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\x00")
    (tmp_path / "b.yaml").write_text("id: [1\n")
    done = flowrun("validate", ".", "--server-only", cwd=tmp_path)
    assert done.returncode == 3
    assert "error[unreadable]: `a.yaml` is a binary file, not a flow" in done.stdout
    assert done.stdout.endswith("2 files checked, 2 invalid: 2 errors\n")


def test_a_locale_without_unicode_gets_question_marks_and_no_traceback():
    done = flowrun("run", "01_hello_world.yaml", "--virtual-time", "-i", "name=Zoë", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "Hello Zo?, welcome" in done.stdout
    assert "+ SUCCESS" in done.stdout


def test_json_is_utf_8_in_any_locale():
    arguments = ("run", "01_hello_world.yaml", "--virtual-time", "-i", "name=Zoë", "--output", "json")
    done = flowrun(*arguments, env={"PYTHONIOENCODING": "ascii"})
    assert '"name": "Zoë"' in done.stdout
