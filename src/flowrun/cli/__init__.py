"""The command line: one file per command under `commands`, and what they share.

`run` is what the console script calls. It turns whatever happens into an exit code and one message.
"""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command line with the arguments of this process, and end it with the exit code."""
    from flowrun.cli.outcome import guarded

    sys.exit(guarded(sys.argv[1:]))
