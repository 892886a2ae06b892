"""`flows/02_python.yaml` with the real package registry, and without it once its environment is kept."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.cli.command import flowrun

ASK = "import urllib.request; urllib.request.urlopen('https://pypi.org/simple/humanize/', timeout=10)"
NOWHERE = {"PIP_INDEX_URL": "http://127.0.0.1:9", "UV_INDEX_URL": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def registry():
    """Skips where no registry can be reached."""
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=30, check=False)
    if asked.returncode:
        pytest.skip(f"no package registry can be reached: {asked.stderr.strip().splitlines()[-1]}")


@pytest.mark.registry
@pytest.mark.usefixtures("registry")
def test_the_python_sample_runs_and_needs_no_registry_afterwards(tmp_path):
    env = {"FLOWRUN_HOME": str(tmp_path)}
    assert result(env) == (0, "1.2 GB, or in full:\nunit     size\n-------  -------\ndecimal  1.2 GB\nbinary   1.1 GiB")
    assert result({**env, **NOWHERE}) == result(env)


def result(env: dict[str, str]) -> tuple[int, str]:
    done = flowrun("run", "02_python.yaml", "--no-input", "--output", "json", env=env, seconds=180)
    return done.returncode, json.loads(done.stdout)["logs"][-1]["message"]
