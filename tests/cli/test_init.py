"""`flowrun init` as a process."""

from __future__ import annotations

from tests.cli.command import ROOT, flowrun


def test_the_samples_are_written_and_run(tmp_path):
    done = flowrun("init", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.endswith("  flowrun run flows/01_hello_world.yaml\n")
    assert (tmp_path / "flows/01_hello_world.yaml").read_text() == (ROOT / "flows/01_hello_world.yaml").read_text()
    assert flowrun("run", "01_hello_world", "--virtual-time", cwd=tmp_path).returncode == 0


def test_a_second_time_changes_nothing(tmp_path):
    flowrun("init", "here", cwd=tmp_path)
    assert flowrun("init", "here", cwd=tmp_path).returncode == 0


def test_a_file_that_somebody_changed_is_kept_without_force(tmp_path):
    flowrun("init", "here", cwd=tmp_path)
    path = tmp_path / "here" / "01_hello_world.yaml"
    path.write_text("mine\n")
    refused = flowrun("init", "here", cwd=tmp_path)
    assert refused.returncode == 2
    assert "01_hello_world.yaml" in refused.stderr
    assert path.read_text() == "mine\n"
    assert flowrun("init", "here", "--force", cwd=tmp_path).returncode == 0
    assert path.read_text() != "mine\n"


def test_a_place_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").write_text("")
    done = flowrun("init", "file/below", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
