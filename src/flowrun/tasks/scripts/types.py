"""The types of script tasks, and the class behind each. Data only: each run loads it."""

from __future__ import annotations

SCRIPTS = "io.kestra.plugin.scripts."

LANGUAGE_NAMES = (
    "bun",
    "deno",
    "dotnet",
    "go",
    "groovy",
    "jbang",
    "julia",
    "lua",
    "node",
    "perl",
    "php",
    "powershell",
    "python",
    "r",
    "ruby",
    "shell",
)

SCRIPT_TYPES: dict[str, str] = {
    **{f"{SCRIPTS}{language}.Script": "flowrun.tasks.scripts.script:Script" for language in LANGUAGE_NAMES},
    **{f"{SCRIPTS}{language}.Commands": "flowrun.tasks.scripts.script:Commands" for language in LANGUAGE_NAMES},
    SCRIPTS + "python.Script": "flowrun.tasks.scripts.python:PythonScript",
    SCRIPTS + "python.Commands": "flowrun.tasks.scripts.python:PythonCommands",
}
