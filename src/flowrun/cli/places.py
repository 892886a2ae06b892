"""Say once a run where scripts run that ask for a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowrun.tasks.scripts.types import SCRIPTS

if TYPE_CHECKING:
    from flowrun.cli.display import Display
    from flowrun.model.flow import Flow
    from flowrun.model.workplace import Runner


def tell_places(flow: Flow, runner: Runner, display: Display) -> None:
    """A note for each image that is not used."""
    if any(task.type.startswith(SCRIPTS) for task in flow.tasks_by_id.values()):
        from flowrun.app.places import places_taken

        for note in places_taken(flow, runner):
            display.note(note)
