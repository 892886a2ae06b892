"""What docs/security.md promises of a run, tried with flows that mean no good."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.command import COMMAND, environment, flowrun
from tests.support.http_server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORE = "io.kestra.plugin.core"
PROCESS = f"taskRunner: {{type: {CORE}.runner.Process}}"
HEAD = "id: hostile\nnamespace: acme\ntasks:\n"


def task(type_: str, body: str, id_: str = "t") -> str:
    return "\n".join([f"  - id: {id_}", f"    type: {type_}", *(f"    {line}" for line in body.splitlines())]) + "\n"


def script(*lines: str, more: str = "", id_: str = "t") -> str:
    commands = "\n".join(f"  - {json.dumps(line)}" for line in lines)
    return task("io.kestra.plugin.scripts.shell.Commands", f"{PROCESS}\n{more}\ncommands:\n{commands}", id_)


class Place:
    """A folder with a home, a temporary folder, and a secret file that no flow may get at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tmp = folder / "tmp"
        self.tmp.mkdir()
        self.secret = folder / "outside" / "secret.txt"
        self.secret.parent.mkdir()
        self.secret.write_text("top secret")

    @property
    def env(self) -> dict[str, str]:
        return {"FLOWRUN_HOME": str(self.folder / "home"), "TMPDIR": str(self.tmp)}

    def run(self, tasks: str, *options: str, **env: str) -> dict[str, Any]:
        """The document of the execution, with what was on stderr."""
        arguments = ("run", "-", "--output", "json", *options)
        done = flowrun(*arguments, cwd=self.folder, stdin=HEAD + tasks, env={**self.env, **env})
        return {**json.loads(done.stdout), "stderr": done.stderr, "code": done.returncode}

    def stored(self) -> str:
        """All that lies in the storage."""
        files = (path for path in (self.folder / "home" / "storage").rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)

    @property
    def left(self) -> list[str]:
        """What is left in the temporary folder."""
        return sorted(path.name for path in self.tmp.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def errors(document: dict[str, Any]) -> str:
    return "\n".join(line["message"] for line in document["logs"] if line["level"] == "ERROR")


def outputs(document: dict[str, Any], id_: str = "t") -> dict[str, Any]:
    (found,) = [one for one in document["taskRunList"] if one["taskId"] == id_]
    return dict(found.get("outputs", {}))


# --- paths and links


@pytest.mark.parametrize("name", ["../x.txt", "/etc/x.txt", "a/../../x.txt"])
def test_an_input_file_stays_in_the_working_directory(place, name):
    document = place.run(script("ls", more=f"inputFiles: {{{name}: text}}"))
    assert "must be a relative path inside the current working directory" in errors(document)
    assert list(place.folder.rglob("x.txt")) == []


@pytest.mark.parametrize(
    "uri", ["kestra:///../../outside/secret.txt", "kestra:///acme/%2e%2e/%2e%2e/outside/secret.txt"]
)
def test_an_input_file_comes_from_the_storage_alone(place, uri):
    document = place.run(script("cat in.txt", more=f"inputFiles: {{in.txt: '{uri}'}}"))
    assert document["state"]["current"] == "FAILED"
    assert "top secret" not in json.dumps(document)


def test_a_link_is_no_output_file(place):
    lines = (f"ln -s {place.secret} link.txt", f"ln -s {place.secret.parent} folder", "echo mine > own.txt")
    document = place.run(script(*lines, more="outputFiles: ['**', 'folder/**', '../**', '/etc/*']"))
    assert list(outputs(document)["outputFiles"]) == ["own.txt"]
    assert place.stored() == "mine\n"


@pytest.mark.parametrize(
    "swap",
    [
        "rmdir $OUTPUT_DIR; ln -s OUTSIDE $OUTPUT_DIR",
        "ln -s OUTSIDE/secret.txt $OUTPUT_DIR/a; ln -s OUTSIDE $OUTPUT_DIR/b",
    ],
)
def test_an_output_directory_that_becomes_a_link_gives_nothing(place, swap):
    document = place.run(script(swap.replace("OUTSIDE", str(place.secret.parent)), more="outputDirectory: true"))
    assert outputs(document)["outputFiles"] == {}
    assert place.stored() == ""


def test_a_working_directory_that_becomes_a_link_gives_nothing(place):
    swap = f"cd /; rm -r $WORKING_DIR; ln -s {place.secret.parent} $WORKING_DIR"
    document = place.run(script(swap, more="outputFiles: ['*.txt']"))
    assert errors(document) == "The working directory has been replaced by a symbolic link."
    assert place.stored() == ""
    assert place.secret.read_text() == "top secret"


def test_a_link_in_a_shared_directory_is_not_written_through(place):
    inner = script(
        f"ln -s {place.secret} download", f"ln -s {place.secret} in.txt", f"ln -s {place.secret.parent} d", id_="a"
    )
    with serving() as server:
        for number, attack in enumerate(
            (
                task(f"{CORE}.http.Download", f"uri: {server.url}/json", "b"),
                script("true", more="inputFiles: {in.txt: gotcha}", id_="b"),
                script("true", more="inputFiles: {d/secret.txt: gotcha}", id_="b"),
            )
        ):
            tasks = "".join(f"    {line}\n" for line in (inner + attack).splitlines())
            document = place.run(task(f"{CORE}.flow.WorkingDirectory", "tasks:") + tasks)
            assert place.secret.read_text() == "top secret"
            assert document["state"]["current"] == ("FAILED" if number else "SUCCESS")


def test_links_in_a_folder_of_namespace_files_lead_nowhere(place):
    folder = place.folder / "ns"
    folder.mkdir()
    (folder / "own.txt").write_text("mine")
    (folder / "link.txt").symlink_to(place.secret)
    (folder / "folder").symlink_to(place.secret.parent)
    os.mkfifo(folder / "pipe")
    document = place.run(script("ls -R", more="namespaceFiles: {enabled: true}"), "--namespace-files", "ns")
    assert "own.txt" in json.dumps(document)
    assert not {"link.txt", "secret.txt", "pipe"} & {line["message"] for line in document["logs"]}
    for path in ("link.txt", "folder/secret.txt", "pipe", "../outside/secret.txt"):
        asked = place.run(
            task(f"{CORE}.debug.Return", f"format: \"{{{{ read('{path}') }}}}\""), "--namespace-files", "ns"
        )
        assert asked["state"]["current"] == "FAILED"
        assert "top secret" not in json.dumps(asked)


@pytest.mark.parametrize(
    "body",
    [
        f"type: {CORE}.storage.Concat\n    files: [kestra:///../outside/secret.txt]",
        f"type: {CORE}.storage.Size\n    uri: kestra:////etc/passwd",
        f"type: {CORE}.storage.Delete\n    uri: kestra:///../../outside/secret.txt",
        f"type: {CORE}.namespace.UploadFiles\n    namespace: acme\n    filesMap: {{../../../outside/secret.txt: 'kestra:///a/b'}}",
        f"type: {CORE}.namespace.UploadFiles\n    namespace: ../outside\n    filesMap: {{secret.txt: 'kestra:///a/b'}}",
        f"type: {CORE}.namespace.DownloadFiles\n    namespace: ../..\n    files: ['**']",
        f"type: {CORE}.debug.Return\n    format: \"{{{{ read('file://OUTSIDE') }}}}\"",
    ],
)
def test_no_task_leaves_the_storage(place, body):
    document = place.run("  - id: t\n    " + body.replace("OUTSIDE", str(place.secret)) + "\n")
    assert "top secret" not in json.dumps(document)
    assert place.secret.read_text() == "top secret"
    assert "Traceback" not in document["stderr"]
    assert document["state"]["current"] == "FAILED" or outputs(document) in ({}, {"files": {}})


def test_an_archive_of_a_cache_stays_in_its_directory(place):
    flow = task(f"{CORE}.flow.WorkingDirectory", 'cache: {patterns: ["**"]}\ntasks:')
    flow += "".join(f"    {line}\n" for line in script("ls -l", "echo x > kept.txt", id_="a").splitlines())
    place.run(flow)
    (archive,) = (place.folder / "home" / "storage").rglob("cache.zip")
    attack = f"""
import sys, zipfile
with zipfile.ZipFile({str(archive)!r}, "w") as archive:
    archive.comment = b"2026-01-01T00:00:00+00:00"
    archive.writestr("../../outside/secret.txt", "gotcha")
    archive.writestr("{place.secret}", "gotcha")
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    archive.writestr(link, {str(place.secret)!r})
"""
    subprocess.run(["python3", "-c", attack], check=True)
    document = place.run(flow)
    assert document["state"]["current"] == "SUCCESS"
    assert place.secret.read_text() == "top secret"
    listed = "\n".join(line["message"] for line in document["logs"])
    assert "link.txt" in listed
    assert "->" not in listed


# --- no shell that nobody asked for


def test_a_name_of_a_file_is_never_a_command(place):
    name = "a b;touch hacked;$(touch hacked).txt"
    flow = script(f"printf hi > '{name}'", more="outputFiles: ['**']")
    flow += script("ls", more=f"inputFiles: {{{json.dumps(name)}: x}}\noutputFiles: ['**']", id_="u")
    document = place.run(flow)
    assert list(outputs(document)["outputFiles"]) == [name]
    assert list(outputs(document, "u")["outputFiles"]) == [name]
    assert list(place.folder.rglob("hacked")) == []


def test_a_name_that_is_no_text_is_told_as_any_other(place):
    document = place.run(script("printf hi > $(printf 'a\\\\377.txt')", more="outputFiles: ['**']"))
    assert "Traceback" not in document["stderr"]
    assert len(outputs(document)["outputFiles"]) == 1


@pytest.mark.parametrize("more", ["containerImage: --privileged", "containerImage: -v/:/host"])
def test_an_image_is_no_option_of_the_engine(place, more):
    (place.folder / "bin").mkdir()
    engine = place.folder / "bin" / "docker"
    engine.write_text(f"#!/bin/sh\ntouch {place.folder}/called\n")
    engine.chmod(0o755)
    flow = task("io.kestra.plugin.scripts.shell.Commands", f"{more}\ncommands: [ls]")
    document = place.run(flow, "--runner", "docker", PATH=f"{engine.parent}:{os.environ['PATH']}")
    assert "is no name of an image" in errors(document)
    assert not (place.folder / "called").exists()


def test_a_dependency_is_no_option_of_the_installer(place):
    (place.folder / "bin").mkdir()
    for name in ("python", "python3"):
        (place.folder / "bin" / name).symlink_to(os.path.realpath(COMMAND[0]))
    for tool in ("sh", "env"):
        (place.folder / "bin" / tool).symlink_to(f"/bin/{tool}")
    body = f"{PROCESS}\ndependencies: ['--requirement={place.secret}']\nscript: print(1)"
    path = str(place.folder / "bin")
    document = place.run(task("io.kestra.plugin.scripts.python.Script", body), PATH=path, PIP_NO_INDEX="1")
    assert document["state"]["current"] == "FAILED"
    assert "top secret" not in json.dumps(document)


# --- what others may see


def test_only_its_owner_may_look_into_a_working_directory(place):
    document = place.run(script("stat -c %a $WORKING_DIR", "stat -c %a $OUTPUT_DIR/..", more="outputDirectory: true"))
    assert [line["message"] for line in document["logs"] if line["level"] == "INFO"] == ["700", "700"]
    assert (place.folder / "home").stat().st_mode & 0o077 == 0


def test_what_an_option_reads_has_a_limit(place):
    flow = "id: a\nnamespace: b\ninputs: [{id: x, type: STRING}]\ntasks: [{id: t, type: io.kestra.plugin.core.debug.Return}]\n"
    (place.folder / "a.yaml").write_text(flow)
    done = flowrun("run", "a.yaml", "-i", "x=@/dev/zero", cwd=place.folder, env=place.env)
    assert done.returncode == 2
    assert "`/dev/zero` has more than 50000000 characters" in done.stderr


# --- working directories that stay


FAILS = "exit 3"


@pytest.mark.parametrize(
    ("choice", "last", "kept"),
    [
        ("never", FAILS, False),
        ("always", "true", True),
        ("always", FAILS, True),
        ("failure", "true", False),
        ("failure", FAILS, True),
    ],
)
def test_a_working_directory_stays_when_it_is_to(place, choice, last, kept):
    document = place.run(script("echo hi > a.txt", last), "--keep-workdir", choice)
    assert len(place.left) == kept
    assert (
        f"note: the working directory of `t` stays at {place.tmp / (place.left or ['-'])[0]}" in document["stderr"]
        or not kept
    )
    if kept:
        assert (place.tmp / place.left[0] / "a.txt").read_text() == "hi\n"
        assert (place.tmp / place.left[0]).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("last", "kept"), [("true", False), (FAILS, True)])
def test_a_shared_directory_stays_when_a_task_in_it_fails(place, last, kept):
    inner = "".join(f"    {line}\n" for line in script(last, id_="a").splitlines())
    flow = task(f"{CORE}.flow.WorkingDirectory", "tasks:", "shared") + inner
    document = place.run(flow, FLOWRUN_KEEP_WORKDIR="failure")
    assert len(place.left) == kept
    assert ("the working directory of `shared` stays" in document["stderr"]) == kept


def test_a_timeout_leaves_no_directory_unless_it_is_to_stay(place):
    flow = script("echo hi > a.txt", "sleep 300", more="timeout: PT1S")
    place.run(flow)
    assert place.left == []
    place.run(flow, "--keep-workdir", "failure")
    assert len(place.left) == 1


def test_restart_and_replay_keep_directories_too(place):
    (place.folder / "a.yaml").write_text(HEAD + script(FAILS))
    flowrun("run", "a.yaml", cwd=place.folder, env=place.env)
    for command in ("restart", "replay"):
        done = flowrun(command, "--last", "--keep-workdir", "failure", cwd=place.folder, env=place.env)
        assert "stays at" in done.stderr
    assert len(place.left) == 2


@contextmanager
def at_work(place: Place, flow: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose script has begun."""
    os.mkfifo(place.folder / "begun")
    arguments = [*COMMAND, "run", "-", "--output", "json"]
    env = environment(**place.env)
    process = subprocess.Popen(arguments, env=env, cwd=place.folder, stdin=-1, stdout=-1, stderr=-1, text=True)
    try:
        assert process.stdin
        process.stdin.write(HEAD + flow)
        process.stdin.close()
        process.stdin = None
        with (place.folder / "begun").open() as begun:
            assert begun.read() == "yes\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_a_signal_leaves_no_directory(place, signals):
    deaf = "trap '' TERM; " if len(signals) > 1 else ""
    inner = script("echo hi > a.txt", f"{deaf}echo yes > {place.folder}/begun; sleep 300", id_="a")
    flow = task(f"{CORE}.flow.WorkingDirectory", "tasks:") + "".join(f"    {line}\n" for line in inner.splitlines())
    own = script("echo hi > a.txt", f"{deaf}echo yes > {place.folder}/begun; sleep 300")
    for each in (flow, own):
        with at_work(place, each) as process:
            process.send_signal(signals[0])
            for another in signals[1:]:
                while process.poll() is None and "KILLING" not in history(place):
                    pass
                process.send_signal(another)
            process.communicate(timeout=30)
        assert place.left == []
        (place.folder / "begun").unlink()


def history(place: Place) -> str:
    return flowrun("history", "--format", "json", cwd=place.folder, env=place.env).stdout


# --- without the network


def test_nothing_is_asked_of_the_network_offline(place):
    (place.folder / "bin").mkdir()
    engine = place.folder / "bin" / "docker"
    engine.write_text(f'#!/bin/sh\necho "$1" >> {place.folder}/called\nexit 1\n')
    engine.chmod(0o755)
    path = f"{engine.parent}:{os.environ['PATH']}"
    container = "taskRunner: {type: io.kestra.plugin.scripts.runner.docker.Docker}"
    with serving() as server:
        for flow, deed in (
            (task(f"{CORE}.http.Request", f"uri: {server.url}/json"), f"send a request to {server.url}/json"),
            (task(f"{CORE}.http.Download", f"uri: {server.url}/json"), f"send a request to {server.url}/json"),
            (task("io.kestra.plugin.scripts.shell.Commands", f"{container}\ncommands: [ls]"), "pull image `ubuntu`"),
            (
                task("io.kestra.plugin.scripts.python.Script", f"{PROCESS}\ndependencies: [attrs]\nscript: x"),
                "install attrs",
            ),
            (
                task("io.kestra.plugin.scripts.python.Script", f"{container}\ndependencies: [attrs]\nscript: x"),
                "call `python -m pip install --quiet -- attrs` in a container",
            ),
        ):
            document = place.run(flow, "--offline", "--runner", "docker", PATH=path)
            wanted = f"task `t` cannot {deed}: this run is to do without the network (`--offline`)"
            assert wanted in errors(document).splitlines()
        asks = task(f"{CORE}.debug.Return", f"format: \"{{{{ http('{server.url}/json') }}}}\"")
        document = place.run(asks, FLOWRUN_OFFLINE="true")
        assert f"`http()` cannot send a request to {server.url}/json" in errors(document)
        assert server.seen == []
    assert set((place.folder / "called").read_text().split()) == {"image"}
    assert place.left == []
