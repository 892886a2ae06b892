"""Several processes save flows at the same moment: every source becomes one revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.load.place import Place

WRITERS = 12

FLOW = """
id: shared
namespace: load
tasks:
  - {{id: log, type: io.kestra.plugin.core.log.Log, message: "from {number}"}}
"""


def test_every_process_s_source_is_one_revision(place: Place) -> None:
    for number in range(WRITERS):
        (place.folder / f"flow{number}.yaml").write_text(FLOW.format(number=number))
    calls = [place.start("flow", "save", f"flow{number}.yaml") for number in range(WRITERS)]
    assert [call.end().code for call in calls] == [0] * WRITERS
    rows = place.rows("SELECT revision, source FROM flows ORDER BY revision")
    assert [revision for revision, _ in rows] == list(range(1, WRITERS + 1))
    assert {source.decode() for _, source in rows} == {FLOW.format(number=number) for number in range(WRITERS)}
