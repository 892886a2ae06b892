"""How scripts of each language are run. Data only."""

from __future__ import annotations

from typing import NamedTuple

from flowrun.tasks.scripts.types import SCRIPTS

SHELL = ("/bin/sh", "-c")


class Language(NamedTuple):
    """How scripts of a language are run (reference of the flow file, 7.2 and 7.5).

    `command`: what runs the file of a Script; nothing where its text goes to the shell itself. `extension`: of that file.
    `image`: the default `containerImage`. `product`: what to install when the command is missing. `fail_fast`: the line
    that stops the interpreter at the first failure.
    """

    command: tuple[str, ...]
    extension: str
    image: str
    product: str
    interpreter: tuple[str, ...] = SHELL
    fail_fast: str = "set -e"


POWERSHELL = ("pwsh", "-NoProfile", "-NonInteractive", "-Command")

LANGUAGES: dict[str, Language] = {
    "bun": Language(("bun", "run"), ".ts", "oven/bun", "Bun (https://bun.sh)"),
    "deno": Language(("deno", "run", "--allow-all"), ".ts", "denoland/deno", "Deno (https://deno.com)"),
    "dotnet": Language(
        ("dotnet", "script"), ".csx", "mcr.microsoft.com/dotnet/sdk:10.0", ".NET with dotnet-script (https://dot.net)"
    ),
    "go": Language(("go", "run"), ".go", "golang", "Go (https://go.dev)"),
    "groovy": Language(("groovy",), ".groovy", "groovy", "Groovy (https://groovy-lang.org)"),
    "jbang": Language(("jbang",), ".java", "jbangdev/jbang-action", "JBang (https://jbang.dev)"),
    "julia": Language(("julia",), ".jl", "julia", "Julia (https://julialang.org)"),
    "lua": Language(("lua",), ".lua", "nickblah/lua", "Lua (https://lua.org)"),
    "node": Language(("node",), ".js", "node", "Node.js (https://nodejs.org)"),
    "perl": Language(("perl",), ".pl", "perl", "Perl (https://perl.org)"),
    "php": Language(("php",), ".php", "php", "PHP (https://php.net)"),
    "powershell": Language(
        ("pwsh", "-NoProfile", "-NonInteractive", "-File"),
        ".ps1",
        "ghcr.io/kestra-io/powershell:latest",
        "PowerShell (https://aka.ms/powershell)",
        interpreter=POWERSHELL,
        fail_fast='$ErrorActionPreference = "Stop"',
    ),
    "python": Language(("python",), ".py", "python:3.13-slim", "Python (https://python.org)"),
    "r": Language(("Rscript",), ".R", "r-base", "R (https://r-project.org)"),
    "ruby": Language(("ruby",), ".rb", "ruby", "Ruby (https://ruby-lang.org)"),
    "shell": Language((), ".sh", "ubuntu", "a shell"),
}


def language_of(type_name: str) -> Language:
    """The language of a script type."""
    return LANGUAGES[type_name.removeprefix(SCRIPTS).partition(".")[0]]
