"""What tasks that do real work cost over the work itself: processes, their output, Python scripts, large files.

    make bench                  # all cases; ARGS="tasks output" for some of them
    .venv/bin/python -m tests.bench.real_work tasks --rounds 5

Each case prints the least of several rounds, its commands in turn: wall is seconds, cpu is user and system time with
that of all child processes, peak is MB of the largest process. The store is a new folder that is removed again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOWRUN: Final = str(Path(sys.executable).with_name("flowrun"))
PLAIN: Final = "import subprocess\nfor n in range(1000):\n    subprocess.run({}, capture_output=True, check=True)\n"
ECHO: Final = ["/bin/sh", "-c", "set -e\necho hello"]
PYTHON: Final = ["/bin/sh", "-c", "set -e\npython pass.py"]
LINE: Final = "0123456789" * 9 + "012345678"
LINES: Final = 1_000_000
FILE_BYTES: Final = 1 << 30
PROCESS: Final = "taskRunner: {type: io.kestra.plugin.core.runner.Process}"
REPEATED: Final = """
id: repeated
namespace: bench
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{{{ range(1, {number}) }}}}"
    tasks:
      - id: task
        type: io.kestra.plugin.scripts.{type}
        {process}
        {body}
"""
OUTPUT: Final = f"""
id: output
namespace: bench
tasks:
  - id: task
    type: io.kestra.plugin.scripts.shell.Commands
    {PROCESS}
    commands: ["yes {LINE} | head -n {LINES}"]
"""
FILES: Final = f"""
id: files
namespace: bench
inputs: [{{id: data, type: FILE}}]
tasks:
  - id: concat
    type: io.kestra.plugin.core.storage.Concat
    files: ["{{{{ inputs.data }}}}"]
  - id: shell
    type: io.kestra.plugin.scripts.shell.Commands
    {PROCESS}
    inputFiles: {{in.bin: "{{{{ outputs.concat.uri }}}}"}}
    outputFiles: [in.bin]
    commands: ["wc -c < in.bin"]
"""


class Used(NamedTuple):
    """What a command used. `wall`, `cpu`: seconds. `peak`: MB."""

    wall: float
    cpu: float
    peak: float


class Bench:
    """A folder with flow files, a store, and what is measured there."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds

    def flow(self, name: str, text: str) -> str:
        """The path of a flow file with this text."""
        path = self.folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run(self, flow: str, *more: str) -> list[str]:
        """The command that runs a flow file."""
        return [FLOWRUN, "run", flow, "--no-input", *more]

    def compare(self, commands: Mapping[str, list[str]]) -> dict[str, Used]:
        """The least that each of the commands used. They take turns, as a machine is busier at one time than at another."""
        rounds = [{name: self.used(command) for name, command in commands.items()} for _ in range(self.rounds)]
        return {name: Used(*map(min, zip(*(one[name] for one in rounds), strict=True))) for name in commands}

    def used(self, command: list[str]) -> Used:
        """What one run of a command used."""
        path = (
            f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # a shim in the place of `python` would be measured
        )
        home = {**os.environ, "FLOWRUN_HOME": str(self.folder / "home"), "PATH": path}
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=home, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{command} ended with {child.returncode}")
        return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def tasks(bench: Bench) -> None:
    """1,000 shell tasks one after the other, against `subprocess.run` of the same command."""
    flow = REPEATED.format(number=1000, type="shell.Commands", process=PROCESS, body='commands: ["echo hello"]')
    commands = {
        "plain": [sys.executable, "-c", PLAIN.format(ECHO)],
        "flowrun": bench.run(bench.flow("tasks", flow)),
    }
    ratio(told("1,000 shell tasks", bench.compare(commands)))


def output(bench: Bench) -> None:
    """100 MB of script output in lines of 100 bytes, kept in the store; against 1/10 of it, for the memory."""
    flow = bench.flow("output", OUTPUT)
    tenth = bench.flow("tenth", OUTPUT.replace(str(LINES), str(LINES // 10)))
    commands = {
        "a tenth": bench.run(tenth),
        "shown": bench.run(flow),
        "--log-level WARN": bench.run(flow, "--log-level", "WARN"),
    }
    for name, used in told("100 MB of output", bench.compare(commands)).items():
        megabytes = LINES * (len(LINE) + 1) / 1e6 / (10 if name == "a tenth" else 1)
        tell(f"  {name:20} {megabytes / used.wall:6.1f} MB/s")


def python(bench: Bench) -> None:
    """100 Python tasks without dependencies, against the start of the interpreter by a shell."""
    (bench.folder / "pass.py").write_text("pass\n", encoding="utf-8")
    flow = REPEATED.format(number=100, type="python.Script", process=PROCESS, body="script: pass")
    commands = {
        "plain": [sys.executable, "-c", PLAIN.format(PYTHON).replace("1000", "100")],
        "flowrun": bench.run(bench.flow("python", flow)),
    }
    used = told("100 Python tasks", bench.compare(commands))
    tell(f"  {(used['flowrun'].wall - used['plain'].wall) * 10:.1f} ms over the interpreter, each")


def files(bench: Bench) -> None:
    """1 GB as a FILE input, through Concat, into the folder of a task and out of it."""
    data = bench.folder / "data.bin"
    with data.open("wb") as file:
        file.truncate(FILE_BYTES)
    flow = bench.flow("files", FILES)
    small = bench.folder / "small.bin"
    small.write_bytes(bytes(1 << 20))
    commands = {"1 MB": bench.run(flow, "-i", f"data=@{small}"), "1 GB": bench.run(flow, "-i", f"data=@{data}")}
    told("1 GB through the storage", bench.compare(commands))


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(title: str, measured: dict[str, Used]) -> dict[str, Used]:
    """Print a table of what was measured."""
    tell(f"{title:22} {'wall':>7} {'cpu':>7} {'peak':>7}")
    for name, used in measured.items():
        tell(f"  {name:20} {used.wall:7.2f} {used.cpu:7.2f} {used.peak:7.0f}")
    return measured


def ratio(measured: dict[str, Used]) -> None:
    """Print how many times the plain way it costs."""
    ours, plain = measured["flowrun"], measured["plain"]
    tell(f"  {'ratio':20} {ours.wall / plain.wall:7.2f} {ours.cpu / plain.cpu:7.2f}")


CASES: Final = {case.__name__: case for case in (tasks, output, python, files)}


def main() -> None:
    """Measure the cases that are named, or all."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)} (default: all)")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    if unknown := set(given.cases) - set(CASES):
        options.error(f"no such case: {', '.join(sorted(unknown))}")
    for name in given.cases or CASES:
        with TemporaryDirectory(prefix="flowrun-bench-") as folder:
            CASES[name](Bench(Path(folder), given.rounds))


if __name__ == "__main__":
    main()
