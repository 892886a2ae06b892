"""Draw the pictures of `docs/images/`: flows as a terminal shows them, from real runs."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from flowrun.app import flows, runs
from flowrun.cli.display import origin_of
from flowrun.loading.source import read_source
from flowrun.sinks.terminal import TerminalSink

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images"
WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""rich would have the viewer load its font from the net; the monospaced one at hand does as well."""

PICTURES = {
    "hello": ("flows/01_hello_world.yaml", "flowrun run 01_hello_world.yaml --input name=Ann", {"name": "Ann"}),
    "handlers": ("flows/examples/handlers.yaml", "flowrun run flows/examples/handlers.yaml", {}),
}
"""Each with the file of its flow, the command that it shows, and the inputs."""


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (file, command, inputs) in PICTURES.items():
        console = Console(
            file=io.StringIO(), record=True, width=80, force_terminal=True, color_system="truecolor", highlight=False
        )
        console.print(Text.assemble(("$ ", "bold green"), command, "\n"))
        run(file, inputs, console)
        picture = FOLDER / f"{name}.svg"
        console.save_svg(str(picture), title="flowrun", theme=MONOKAI, unique_id=name, code_format=WITHOUT_FONTS)


def run(file: str, inputs: dict[str, str], console: Console) -> None:
    """Run a flow of this repository on a recording console."""
    source = read_source(file)
    flow, _ = flows.load(source)
    width = max(map(len, flow.tasks_by_id))
    sink = TerminalSink(console, id_width=width, origin=origin_of(flow, source))
    runs.begin(flow, source, inputs, {}, sinks=[sink], options=runs.RunOptions(), warn=print).run_to_end()
    sink.close()


if __name__ == "__main__":
    main()
