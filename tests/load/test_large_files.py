"""A file that is larger than the memory that flowrun may take goes through every task that copies files."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cli.command import COMMAND, environment
from tests.support.http_server import serving

if TYPE_CHECKING:
    from pathlib import Path

CORE = "io.kestra.plugin.core"
SIZE = 256 << 20
"""Bytes of the file."""

MOST = 128 << 10
"""KiB of memory that the run may take at its height."""

MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
"""In a small process of its own: a child begins with the memory of its parent, which counts for it."""

LINE = b"x" * 1023 + b"\n"

FLOW = f"""
id: large
namespace: acme
inputs:
  - {{id: file, type: FILE}}
tasks:
  - {{id: concat, type: {CORE}.storage.Concat, files: ["{{{{ inputs.file }}}}"]}}
  - {{id: split, type: {CORE}.storage.Split, from: "{{{{ outputs.concat.uri }}}}", partitions: 2}}
  - {{id: reverse, type: {CORE}.storage.Reverse, from: "{{{{ outputs.concat.uri }}}}"}}
  - {{id: local, type: {CORE}.storage.LocalFiles, inputs: {{a.txt: "{{{{ inputs.file }}}}"}}, outputs: [a.txt]}}
  - id: script
    type: io.kestra.plugin.scripts.shell.Commands
    taskRunner: {{type: {CORE}.runner.Process}}
    inputFiles: {{a.txt: "{{{{ inputs.file }}}}"}}
    outputFiles: [b.txt]
    commands: [mv a.txt b.txt, "wc -c {{{{ inputs.file }}}}"]
  - {{id: download, type: {CORE}.http.Download, uri: SERVER/big/{SIZE}}}
  - {{id: upload, type: {CORE}.namespace.UploadFiles, namespace: acme, filesMap: {{a.txt: "{{{{ outputs.concat.uri }}}}"}}}}
  - id: folder
    type: {CORE}.flow.WorkingDirectory
    namespaceFiles: {{enabled: true}}
    outputFiles: [a.txt]
    tasks: [{{id: nothing, type: {CORE}.log.Log, message: hi}}]
"""


def test_a_large_file_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        for _ in range(SIZE >> 20):
            file.write(LINE * 1024)
    (tmp_path / "tmp").mkdir()
    env = environment(FLOWRUN_HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "tmp"))
    with serving() as server, (tmp_path / "out.json").open("w+b") as out:
        (tmp_path / "flow.yaml").write_text(FLOW.replace("SERVER", server.url))
        arguments = [*COMMAND, "run", "flow.yaml", "-i", f"file={tmp_path}/large.txt", "--output", "json", "-q"]
        measured = [sys.executable, "-c", MEASURE, *arguments]
        told = subprocess.run(
            measured, cwd=tmp_path, env=env, stdout=out, stderr=subprocess.PIPE, text=True, check=True
        )
        out.seek(0)
        document = json.load(out)
    assert document["state"]["current"] == "SUCCESS"
    runs = {one["taskId"]: one.get("outputs", {}) for one in document["taskRunList"]}
    assert runs["download"]["length"] == SIZE
    assert len(runs["split"]["uris"]) == 2
    assert list(runs["folder"]["outputFiles"]) == ["a.txt"]
    assert int(told.stderr.splitlines()[-1]) < MOST
