"""The `flowrun` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. `--version` answers before anything is imported."""
    if sys.argv[1:] == ["--version"]:
        from flowrun import __version__

        sys.stdout.write(f"flowrun {__version__}\n")
        return
    from flowrun.cli import run

    run()


if __name__ == "__main__":
    main()
