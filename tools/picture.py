"""Draw `docs/images/hello.svg`: the hello world as a terminal shows it, from a real run."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from flowrun.app import flows, runs
from flowrun.loading.source import read_source
from flowrun.sinks.terminal import TerminalSink

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "hello.svg"
WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""rich would have the viewer load its font from the net; the monospaced one at hand does as well."""

COMMAND = "flowrun run 01_hello_world.yaml --input name=Ann"


def main() -> None:
    """Run the flow on a recording console and save what it saw."""
    console = Console(
        file=io.StringIO(), record=True, width=80, force_terminal=True, color_system="truecolor", highlight=False
    )
    console.print(Text.assemble(("$ ", "bold green"), COMMAND, "\n"))
    source = read_source(str(ROOT / "flows" / "01_hello_world.yaml"))
    flow, _ = flows.load(source)
    sink = TerminalSink(console, id_width=max(map(len, flow.tasks_by_id)))
    runs.begin(flow, source, {"name": "Ann"}, {}, sinks=[sink], options=runs.RunOptions(), warn=print).run_to_end()
    sink.close()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(PICTURE), title="flowrun", theme=MONOKAI, unique_id="hello", code_format=WITHOUT_FONTS)


if __name__ == "__main__":
    main()
