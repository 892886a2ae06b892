"""Script tasks as a user runs them: processes, their files, what they see, how they end."""

from __future__ import annotations

import json
import os
import select
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import flowrun
from tests.cli.schemas import problems_with

HEAD = "id: scripts\nnamespace: test\ntasks:\n"
PROCESS = "taskRunner: {type: io.kestra.plugin.core.runner.Process}"


def task(type_: str, body: str, id_: str = "run") -> str:
    lines = [f"id: {id_}", f"type: io.kestra.plugin.scripts.{type_}", *body.strip().splitlines()]
    return f"  - {lines[0]}\n" + "".join(f"    {line}\n" for line in lines[1:])


def run(flow: str, *options: str, cwd: Path, **env: str) -> dict[str, Any]:
    """The execution of a flow of these tasks, its task runs by id, and what was on stderr."""
    done = flowrun("run", "-", "--output", "json", *options, stdin=HEAD + flow, cwd=cwd, env=env)
    document = json.loads(done.stdout)
    runs = {one["taskId"]: one for one in document.get("taskRunList", ())}
    return {**document, "runs": runs, "stderr": done.stderr, "code": done.returncode}


def messages(execution: dict[str, Any], level: str) -> list[str]:
    return [line["message"] for line in execution["logs"] if line["level"] == level]


def test_a_script_sees_its_own_variables_and_none_of_a_secret_kind(tmp_path):
    flow = task(
        "shell.Script", f"{PROCESS}\nenv: {{MINE: '{{{{ flow.id }}}}', NONE: null, N: 5, B: true}}\nscript: env | sort"
    )
    env = {"AWS_SECRET_ACCESS_KEY": "x", "FLOWRUN_RUNNER": "process", "LC_ALL": "C.UTF-8", "HTTP_PROXY": "http://p"}
    seen = dict(line.split("=", 1) for line in messages(run(flow, cwd=tmp_path, **env), "INFO"))
    assert seen["MINE"] == "scripts"
    assert (seen["N"], seen["B"]) == ("5", "true")
    expected = {"PATH", "HOME", "TERM", "TZ", "LC_ALL", "HTTP_PROXY", "MINE", "N", "B", "WORKING_DIR"}
    assert set(seen) - {"PWD", "SHLVL", "_", "OLDPWD"} == expected


def test_the_working_folder_is_known_to_templates_and_gone_afterwards(tmp_path):
    flow = task(
        "shell.Commands", f'{PROCESS}\ncommands:\n  - echo "{{{{ workingDir }}}}"\n  - pwd\n  - echo $WORKING_DIR'
    )
    first, second, third = messages(run(flow, cwd=tmp_path), "INFO")
    assert first == second == third
    assert not Path(first).exists()


def test_all_files_of_the_output_directory_are_kept(tmp_path):
    body = f"{PROCESS}\noutputDirectory: true\ncommands:\n  - mkdir {{{{ outputDir }}}}/d\n  - echo hi > $OUTPUT_DIR/d/b.txt"
    outputs = run(task("shell.Commands", body), cwd=tmp_path)["runs"]["run"]["outputs"]
    assert list(outputs["outputFiles"]) == ["d/b.txt"]


def test_files_are_kept_when_the_command_fails(tmp_path):
    body = f"{PROCESS}\noutputFiles: [a.txt]\ncommands: ['echo hi > a.txt', exit 2]"
    execution = run(task("shell.Commands", body), cwd=tmp_path)
    assert list(execution["runs"]["run"]["outputs"]["outputFiles"]) == ["a.txt"]
    assert messages(execution, "ERROR") == ["Command failed with exit code 2"]
    assert execution["code"] == 1


def test_a_stored_file_in_a_command_becomes_a_local_one(tmp_path):
    flow = task("shell.Commands", f"{PROCESS}\noutputFiles: [a.txt]\ncommands: [echo stored > a.txt]", "first")
    flow += task(
        "shell.Commands", f"""{PROCESS}\ncommands:\n  - cat {{{{ outputs.first.outputFiles['a.txt'] }}}}\n  - ls"""
    )
    execution = run(flow, cwd=tmp_path)
    text, name = messages(execution, "INFO")
    assert text == "stored"
    assert name.endswith(".tmp")
    flow += task("shell.Commands", f"{PROCESS}\ncommands: [cat kestra:///no/such.txt]", "missing")
    execution = run(flow, cwd=tmp_path)
    assert messages(execution, "ERROR") == ["kestra:///no/such.txt (No such file or directory)"]


def test_a_timeout_ends_what_the_command_started(tmp_path):
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    body = f"{PROCESS}\ntimeout: PT1S\ncommands:\n  - sleep 300 > {tmp_path}/alive &\n  - echo started\n  - wait"
    execution = run(task("shell.Commands", body), cwd=tmp_path)
    assert messages(execution, "INFO") == ["started"]
    assert messages(execution, "ERROR") == ["Timeout after 00:00:01.000"]
    os.set_blocking(reader, True)
    select.select([reader], [], [], 5)
    assert os.read(reader, 1) == b"", "the end of the file: nobody has it open for writing any more"
    os.close(reader)


def test_a_list_item_that_yaml_reads_as_a_map_is_refused_as_on_the_server(tmp_path):
    execution = run(task("shell.Commands", f"{PROCESS}\ncommands:\n  - echo a: b"), cwd=tmp_path)
    assert messages(execution, "ERROR") == [
        (
            "java.lang.IllegalArgumentException: Cannot deserialize value of type `java.lang.String` "
            "from Object value (token `JsonToken.START_OBJECT`)"
        )
    ]


@pytest.mark.parametrize(
    ("type_", "body", "needed"),
    [
        ("r.Script", "script: print(1)", "`Rscript`, which is not on PATH; install R (https://r-project.org)"),
        ("node.Script", "script: 1", "`node`, which is not on PATH; install Node.js (https://nodejs.org)"),
        (
            "node.Commands",
            "commands: [node x.js]",
            "`node`, which is not on PATH; install Node.js (https://nodejs.org)",
        ),
        ("powershell.Script", "script: x", "`pwsh`, which is not on PATH; install PowerShell"),
        ("python.Script", "script: x", "Python, which is not on PATH; install it (https://python.org)"),
        ("python.Script", "pythonVersion: '3.99'\nscript: x", "Python 3.99, which is not on PATH"),
    ],
)
def test_a_missing_program_is_named_with_what_to_install(type_, body, needed, tmp_path):
    execution = run(task(type_, f"{PROCESS}\n{body}"), cwd=tmp_path, PATH=str(tmp_path))
    assert f"task `run` needs {needed}" in messages(execution, "ERROR")[-1]


# --- Python


def with_python(tmp_path: Path, name: str = "python") -> str:
    """A PATH on which only the Python of these tests is found, and what shells need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / name).chmod(0o755)
    return f"{folder}:/usr/sbin:/bin" if not (Path("/bin") / name).exists() else str(folder)


def test_the_helper_module_works_without_being_installed(tmp_path):
    script = """
from kestra import Kestra
Kestra.outputs({"a": 1})
Kestra.counter("rows", 5, {"t": "x"})
Kestra.timer("took", 0.5)
Kestra.timer("called", lambda: None)
Kestra.logger().warning("be %s", "warned")
Kestra.logger().info("fine")
"""
    body = f"{PROCESS}\nscript: |\n" + "".join(f"  {line}\n" for line in script.strip().splitlines())
    execution = run(task("python.Script", body), cwd=tmp_path, PATH=with_python(tmp_path))
    assert execution["runs"]["run"]["outputs"]["vars"] == {"a": 1}
    assert messages(execution, "WARN") == ["be warned"]
    assert messages(execution, "INFO") == ["fine"]


def test_the_helper_module_gives_way_to_the_installed_one(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "kestra.py").write_text("Kestra = 'the real one'\n")
    body = (
        f"{PROCESS}\nenv: {{PYTHONPATH: {tmp_path / 'site'}}}\nscript: |\n  from kestra import Kestra\n  print(Kestra)"
    )
    execution = run(task("python.Script", body), cwd=tmp_path, PATH=with_python(tmp_path))
    assert messages(execution, "INFO") == ["the real one"]


def test_python_is_at_hand_where_there_is_only_python3(tmp_path):
    flow = task("python.Commands", f"{PROCESS}\ncommands: ['python -c \"print(1)\"']")
    execution = run(flow, cwd=tmp_path, PATH=with_python(tmp_path, "python3"), FLOWRUN_HOME=str(tmp_path / "home"))
    assert messages(execution, "INFO") == ["1"]


def test_the_version_may_be_named_with_or_without_its_last_part(tmp_path):
    whole = ".".join(map(str, sys.version_info[:3]))
    scripts = "import platform\nprint(platform.python_version())".replace("\n", "\n  ")
    minor = whole.rpartition(".")[0]
    flow = "".join(
        task("python.Script", f"{PROCESS}\npythonVersion: '{version}'\nscript: |\n  {scripts}", f"v{n}")
        for n, version in enumerate((whole, minor))
    )
    env = {"FLOWRUN_HOME": str(tmp_path / "home"), "PATH": with_python(tmp_path, "python3")}
    assert messages(run(flow, cwd=tmp_path, **env), "INFO") == [whole, whole]


def local_package(folder: Path) -> str:
    """A wheel that needs no registry, as a dependency."""
    import zipfile

    path = folder / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("greeting.py", "TEXT = 'hello from a package'\n")
        wheel.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        wheel.writestr("greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("greeting-1.0.dist-info/RECORD", "")
    return path.as_uri()


def test_dependencies_are_installed_once_and_kept(tmp_path):
    wheel = local_package(tmp_path)
    body = f"{PROCESS}\ndependencies: ['greeting @ {wheel}']\nscript: |\n  import greeting\n  print(greeting.TEXT)"
    env = {"FLOWRUN_HOME": str(tmp_path / "home"), "PATH": with_python(tmp_path), "PIP_NO_INDEX": "1"}
    first = run(task("python.Script", body), cwd=tmp_path, **env)
    assert messages(first, "INFO") == [f"Installing greeting @ {wheel}", "hello from a package"]
    assert messages(run(task("python.Script", body), cwd=tmp_path, **env), "INFO") == ["hello from a package"]

    listed = json.loads(flowrun("cache", "list", "--format", "json", env=env).stdout)
    assert problems_with("cache", listed) == []
    assert [one["dependencies"] for one in listed["environments"]] == [[f"greeting @ {wheel}"]]
    assert flowrun("cache", "list", env=env).stdout.rstrip().endswith(f"greeting @ {wheel}")
    assert flowrun("cache", "clear", env=env).stdout == f"{listed['environments'][0]['key']}  removed\n"
    assert flowrun("cache", "list", env=env).stderr == "note: no environment is kept\n"


def test_an_environment_is_thrown_away_where_the_cache_is_switched_off(tmp_path):
    body = f"{PROCESS}\ndependencyCacheEnabled: false\ndependencies: ['greeting @ {local_package(tmp_path)}']\n"
    body += "script: |\n  import greeting, sys\n  print(sys.prefix)"
    env = {"FLOWRUN_HOME": str(tmp_path / "home"), "PATH": with_python(tmp_path), "PIP_NO_INDEX": "1"}
    prefix = messages(run(task("python.Script", body), cwd=tmp_path, **env), "INFO")[-1]
    assert not Path(prefix).exists()
    assert flowrun("cache", "list", env=env).stdout == ""


def test_a_dependency_that_does_not_exist_is_named(tmp_path):
    body = f"{PROCESS}\ndependencies: [no-such-package-of-anybody]\nscript: print(1)"
    env = {"FLOWRUN_HOME": str(tmp_path / "home"), "PATH": with_python(tmp_path), "PIP_NO_INDEX": "1"}
    (error,) = messages(run(task("python.Script", body), cwd=tmp_path, **env), "ERROR")
    assert error.startswith("cannot install `no-such-package-of-anybody`: ")
    assert error.endswith("look at the name and the version")
    assert [path.suffix for path in (tmp_path / "home/cache/python").iterdir()] == [".lock"]


# --- containers

DOCKER = """#!/bin/sh
echo "$@" >> "$DOCKER_LOG"
case "$1" in
image) [ -e "$DOCKER_LOG.image" ] ;;
pull) [ "$2" != broken ] || { echo "no such image" >&2; exit 1; }; touch "$DOCKER_LOG.image" ;;
run)
  shift
  while [ "$1" != --entrypoint ]; do [ "$1" != --workdir ] || cd "$2"; shift; done
  entry=$2; shift 3; exec "$entry" "$@" ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path) -> dict[str, str]:
    """An environment with a `docker` that runs everything on this machine, and notes how it was called."""
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "DOCKER_LOG": str(tmp_path / "calls")}


def calls(docker: dict[str, str]) -> list[str]:
    return Path(docker["DOCKER_LOG"]).read_text().splitlines()


IN_CONTAINER = task(
    "shell.Commands",
    """containerImage: "{{ flow.id }}:1"
taskRunner: {type: io.kestra.plugin.scripts.runner.docker.Docker, user: "1000", memory: {memory: 1GB}}
env: {TOKEN: very-hidden}
outputFiles: [a.txt]
commands: ['echo "$TOKEN" > a.txt', 'echo "::{\\"outputs\\":{\\"n\\":1}}::"', pwd]""",
)


def test_a_container_gets_the_folder_the_image_and_the_command(docker, tmp_path):
    execution = run(IN_CONTAINER, "--runner", "docker", cwd=tmp_path, **docker)
    outputs = execution["runs"]["run"]["outputs"]
    assert (outputs["vars"], outputs["exitCode"], list(outputs["outputFiles"])) == ({"n": 1}, 0, ["a.txt"])
    pulling, folder = messages(execution, "INFO")
    assert pulling == "Pulling image scripts:1"
    assert messages(execution, "WARN") == ["The properties memory of the task runner have no effect here"]
    assert calls(docker)[:2] == ["image inspect scripts:1", "pull scripts:1"]
    name = f"flowrun-{execution['runs']['run']['id']}-0"
    assert calls(docker)[2] == (
        f"run --rm --name {name} --pull never --init --volume {folder}:{folder} --workdir {folder} "
        "--env WORKING_DIR --env TOKEN --user 1000 --entrypoint /bin/sh scripts:1 -c set -e"
    )
    assert "very-hidden" not in "".join(calls(docker))
    assert "note:" not in execution["stderr"]


def test_an_image_that_is_there_is_not_pulled(docker, tmp_path):
    Path(docker["DOCKER_LOG"] + ".image").touch()
    run(IN_CONTAINER, "--runner", "auto", cwd=tmp_path, **docker)
    assert [call.split()[0] for call in calls(docker) if call.split()[0] in ("image", "pull", "run")] == [
        "image",
        "run",
    ]


@pytest.mark.parametrize(
    ("image", "policy", "message"),
    [
        ("broken", "ALWAYS", "cannot pull image `broken`: no such image"),
        ("absent", "NEVER", "there is no image `absent` here, and `pullPolicy` is NEVER"),
    ],
)
def test_an_image_that_cannot_be_had_fails_the_task(image, policy, message, docker, tmp_path):
    runner = f"{{type: io.kestra.plugin.scripts.runner.docker.Docker, pullPolicy: {policy}}}"
    flow = task("shell.Commands", f"containerImage: {image}\ntaskRunner: {runner}\ncommands: [ls]")
    assert messages(run(flow, "--runner", "docker", cwd=tmp_path, **docker), "ERROR") == [message]


def test_python_installs_its_dependencies_in_the_container(docker, tmp_path):
    flow = task(
        "python.Commands", "pythonVersion: '3.12'\ndependencies: ['a>1']\nbeforeCommands: [exit 0]\ncommands: [ls]"
    )
    run(flow, "--runner", "docker", cwd=tmp_path, **docker)
    assert calls(docker)[0] == "image inspect python:3.12-slim"
    assert "python -m pip install --quiet -- 'a>1'" in calls(docker)


def test_a_task_that_asks_for_a_process_gets_no_container(docker, tmp_path):
    run(task("shell.Commands", f"{PROCESS}\ncommands: [ls]"), "--runner", "docker", cwd=tmp_path, **docker)
    assert not Path(docker["DOCKER_LOG"]).exists()


def test_a_killed_command_takes_its_container_along(docker, tmp_path):
    flow = task("shell.Commands", "timeout: PT1S\ncommands: [sleep 300]")
    execution = run(flow, "--runner", "docker", cwd=tmp_path, **docker)
    assert calls(docker)[-1] == f"rm --force flowrun-{execution['runs']['run']['id']}-0"


def test_an_engine_that_is_missing_is_a_usage_error(tmp_path):
    flow = HEAD + task("shell.Commands", "commands: [ls]")
    done = flowrun("run", "-", "--runner", "podman", stdin=flow, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr == (
        "error: --runner podman: there is no `podman` on PATH\n"
        "  hint: leave out --runner, and scripts run on this machine\n"
    )
    assert flowrun("run", "-", "--runner", "auto", stdin=flow, env={"PATH": f"{tmp_path}:/bin"}).returncode == 0


def test_what_stands_in_for_a_container_is_noted_once(tmp_path):
    image = "containerImage: ubuntu:24\ncommands: ['true']"
    flow = task("shell.Commands", image, "a") + task("shell.Commands", image, "b")
    flow += task("python.Script", "containerImage: python:slim\nscript: pass", "c")
    flow += task("shell.Commands", "commands: ['true']", "says_nothing")
    version = ".".join(map(str, sys.version_info[:3]))
    done = flowrun("run", "-", stdin=HEAD + flow, env={"PATH": with_python(tmp_path)})
    assert done.stderr == (
        "note: `a`, `b` run on host shell instead of ubuntu:24\n"
        f"note: `c` runs on host Python {version} instead of python:slim\n"
    )
    assert flowrun("run", "-", "--quiet", stdin=HEAD + flow).stderr == ""


def test_the_other_languages_run_where_they_are_installed(tmp_path):
    scripts = {
        "node": 'console.log("hi from node")',
        "perl": 'print "hi from perl\\n";',
        "ruby": 'puts "hi from ruby"',
        "lua": 'print("hi from lua")',
        "php": '<?php echo "hi from php\\n";',
    }
    there = {language: text for language, text in scripts.items() if shutil.which(language)}
    if not there:
        pytest.skip("none of these languages is installed here")
    flow = "".join(task(f"{one}.Script", f"{PROCESS}\nscript: |\n  {text}", one) for one, text in there.items())
    assert messages(run(flow, cwd=tmp_path), "INFO") == [f"hi from {language}" for language in there]
