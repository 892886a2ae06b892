"""Where the store is."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowrun.errors import StoreError
from flowrun.store.home import home_folder

DEFAULT = Path("~/.local/share/flowrun").expanduser()


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"FLOWRUN_HOME": "/x/y"}, Path("/x/y")),
        ({"FLOWRUN_HOME": "~/y"}, Path("~/y").expanduser()),
        ({"FLOWRUN_HOME": "y"}, Path("y")),
        ({"FLOWRUN_HOME": "/x", "XDG_DATA_HOME": "/z"}, Path("/x")),
        ({"FLOWRUN_HOME": "", "XDG_DATA_HOME": "/z"}, Path("/z/flowrun")),
        ({"XDG_DATA_HOME": "z"}, DEFAULT),
        ({"XDG_DATA_HOME": ""}, DEFAULT),
        ({}, DEFAULT),
    ],
)
def test_the_variables_are_asked_in_this_order(environment: dict[str, str], folder: Path) -> None:
    assert home_folder(environment) == folder


def test_a_home_that_nobody_has_is_told() -> None:
    with pytest.raises(StoreError, match="there is no home folder for `~nobody-here/x`") as refused:
        home_folder({"FLOWRUN_HOME": "~nobody-here/x"})
    assert "FLOWRUN_HOME" in str(refused.value.hint)
