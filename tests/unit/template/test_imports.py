"""What is heavy is imported when a template first needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import flowrun

RENDER = """
import sys
import flowrun.template
before = set(sys.modules)
flowrun.template.render("{{ inputs.name | upper }}{% for i in [1] %}{{ i }}{% endfor %}", {"inputs": {"name": "a"}})
sys.stdout.write("\\n".join(["IMPORTED", *before, "RENDERED", *sys.modules]))
"""
HEAVY = {
    "cryptography",
    "dataclasses",
    "difflib",
    "flowrun.diagnostics",
    "flowrun.template.dates",
    "flowrun.template.formatting",
    "flowrun.template.functions",
    "hashlib",
    "inspect",
    "ipaddress",
    "jq",
    "json",
    "random",
    "ruamel.yaml",
    "urllib.parse",
    "uuid",
    "zoneinfo",
}


def test_neither_import_nor_a_simple_rendering_loads_what_is_heavy() -> None:
    done = subprocess.run(  # -S: nothing that the environment loads at its start
        [sys.executable, "-S", "-c", RENDER],
        env={"PYTHONPATH": str(Path(flowrun.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    imported, _, rendered = done.stdout.partition("IMPORTED\n")[2].partition("RENDERED\n")
    assert not HEAVY & set(imported.split())
    assert "flowrun.template.compiler" not in imported.split()
    assert not HEAVY & set(rendered.split())
