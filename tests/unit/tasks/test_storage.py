"""Tasks over stored files. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowrun.errors import TaskFailed, TemplateError
from flowrun.tasks.storage.concat import Concat
from flowrun.tasks.storage.deduplicate_items import DeduplicateItems
from flowrun.tasks.storage.delete import Delete
from flowrun.tasks.storage.filter_items import FilterItems, shortest_decimal
from flowrun.tasks.storage.local_files import LocalFiles
from flowrun.tasks.storage.purge_current_execution_files import PurgeCurrentExecutionFiles
from flowrun.tasks.storage.reverse import Reverse, in_pieces
from flowrun.tasks.storage.size import Size
from flowrun.tasks.storage.split import Split
from flowrun.tasks.storage.write import Write

if TYPE_CHECKING:
    from tests.support.contexts import Bench

ABSENT = "kestra:///acme/team/flow/executions/e1/nope.txt"
ITEMS = '{"id": 1, "v": "a"}\n{"id": 2, "v": "b"}\n{"id": 1, "v": "c"}\n'


def written(bench: Bench, content: str, extension: str | None = None) -> str:
    uri = bench.run(Write, content=content, extension=extension)["uri"]
    assert isinstance(uri, str)
    return uri


@pytest.mark.parametrize(
    ("extension", "end"), [(None, ".tmp"), (".csv", ".csv"), ("csv", ".csv"), ("tar.gz", ".tar.gz")]
)
def test_a_written_file_has_its_extension(bench: Bench, extension: str | None, end: str) -> None:
    uri = written(bench, "hello {{ flow.id }}", extension)
    assert uri.startswith("kestra:///acme/team/flow/executions/e1/tasks/task/r1/")
    assert uri.endswith(end)
    assert bench.text(uri) == "hello flow"


def test_two_files_of_one_task_run_do_not_meet(bench: Bench) -> None:
    one, two = written(bench, "one"), written(bench, "two")
    assert (bench.text(one), bench.text(two)) == ("one", "two")


def test_a_separator_follows_every_file(bench: Bench) -> None:
    one = written(bench, "one")
    joined = bench.run(Concat, files=[one, one], separator="+", extension="csv")["uri"]
    assert bench.text(joined) == "one+one+"
    assert joined.endswith(".csv")


def test_files_may_be_json_text(bench: Bench) -> None:
    one = written(bench, "one")
    assert bench.text(bench.run(Concat, files=f'["{one}", "{one}"]')["uri"]) == "oneone"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("hello", "Unrecognized token 'hello'"),
        (["hello"], "Invalid internal storage uri, got uri 'hello'"),
        (["http://x/y"], "Invalid internal storage scheme, got uri 'http://x/y'"),
        (["kestra:///a/../b"], "File should be accessed with their full path"),
        ([ABSENT], "No such file or directory"),
    ],
)
def test_what_is_no_stored_file_cannot_be_joined(bench: Bench, files: Any, message: str) -> None:
    with pytest.raises(TaskFailed, match=message):
        bench.run(Concat, files=files)


def test_parts_keep_the_extension_of_the_file(bench: Bench) -> None:
    parts = bench.run(Split, from_=written(bench, "1\n2\n3\n", ".txt"), rows="2")["uris"]
    assert [bench.text(uri) for uri in parts] == ["1\n2\n", "3\n"]
    assert all(uri.endswith(".txt") for uri in parts)


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("1\n2\n3", "3\n2\n1\n"),
        ("", ""),
        ("1\r\n2\r\n", "2\n1\n"),
        ("a\n\n\nb\n\n", "\nb\n\n\na\n"),
        ("é\nü€\n", "ü€\né\n"),
    ],
)
def test_lines_are_turned_round(bench: Bench, text: str, turned: str) -> None:
    assert bench.text(bench.run(Reverse, from_=written(bench, text))["uri"]) == turned


def test_a_separator_takes_the_place_of_line_ends(bench: Bench) -> None:
    assert bench.text(bench.run(Reverse, from_=written(bench, "1\n2\n"), separator="|")["uri"]) == "2|1|"


def test_an_unknown_character_set_is_refused(bench: Bench) -> None:
    with pytest.raises(TaskFailed, match=r"^NOPE$"):
        bench.run(Reverse, from_=written(bench, "1"), charset="NOPE")


def test_lines_are_held_some_at_a_time() -> None:
    pieces = in_pieces("x" * (1 << 20) for _ in range(40))
    assert [len(piece) for piece in pieces] == [16, 16, 8]


def test_the_size_of_a_file_is_in_bytes(bench: Bench) -> None:
    assert bench.run(Size, uri=written(bench, "é")) == {"size": 2}
    with pytest.raises(TaskFailed, match=r"executions/e1/nope\.txt$"):
        bench.run(Size, uri=ABSENT)


def test_a_file_is_deleted_once(bench: Bench) -> None:
    uri = written(bench, "x")
    assert bench.run(Delete, uri=uri) == {"uri": uri, "deleted": True}
    assert bench.run(Delete, uri=uri) == {"uri": uri, "deleted": False}
    with pytest.raises(TaskFailed, match=f"Unable to find file '{uri}'"):
        bench.run(Delete, uri=uri, error_on_missing=True)


@pytest.mark.parametrize(
    ("properties", "left"),
    [
        ({"filter_condition": "{{ id == 1 }}"}, "ac"),
        ({"filter_condition": "{{ id == 1 }}", "filter_type": "EXCLUDE"}, "b"),
        ({"filter_condition": "yes"}, "abc"),
        ({"filter_condition": "{{ null }}", "error_or_null_behavior": "INCLUDE"}, ""),
        ({"filter_condition": "{{ nope }}", "error_or_null_behavior": "INCLUDE", "filter_type": "EXCLUDE"}, "abc"),
        ({"filter_condition": "{{ nope }}", "error_or_null_behavior": "EXCLUDE"}, ""),
        ({"filter_condition": "{{ flow.id == 'flow' }}"}, "abc"),
    ],
)
def test_items_stay_or_go_by_a_condition(bench: Bench, properties: dict[str, Any], left: str) -> None:
    outputs = bench.run(FilterItems, from_=written(bench, ITEMS), **properties)
    assert [line[-3] for line in bench.text(outputs["uri"]).splitlines()] == list(left)
    assert (outputs["processedItemsTotal"], outputs["droppedItemsTotal"]) == (3, 3 - len(left))


def test_a_condition_that_fails_fails_the_task(bench: Bench) -> None:
    with pytest.raises(TemplateError, match="Unable to find `nope`"):
        bench.run(FilterItems, from_=written(bench, ITEMS), filter_condition="{{ nope }}")


def test_items_may_be_ion(bench: Bench) -> None:
    uri = bench.run(FilterItems, from_=written(bench, '{a:1,b:"x"}\n{a:2}'), filter_condition="{{ a == 1 }}")["uri"]
    assert bench.text(uri) == '{a:1,b:"x"}\n'


@pytest.mark.parametrize("line", ["1", '"a"', '[{"id": 1}]', "", "not {"])
def test_a_line_that_is_no_map_is_no_item(bench: Bench, line: str) -> None:
    with pytest.raises(TaskFailed):
        bench.run(FilterItems, from_=written(bench, f"{line}\n{ITEMS}"), filter_condition="true")


def test_decimals_of_items_lose_their_zeros() -> None:
    assert [str(shortest_decimal(text)) for text in ("0.0", "-0.0", "1.50", "1e2")] == ["0", "0", "1.5", "100.0"]


def test_the_last_item_of_each_key_is_kept(bench: Bench) -> None:
    outputs = bench.run(DeduplicateItems, from_=written(bench, ITEMS), expr="{{ id }}")
    assert bench.text(outputs.pop("uri")) == '{"id": 2, "v": "b"}\n{"id": 1, "v": "c"}\n'
    assert outputs == {"numKeys": 2, "processedItemsTotal": 3, "droppedItemsTotal": 1}


def test_local_files_are_written_and_captured(bench: Bench) -> None:
    stored = written(bench, "stored")
    inputs = {"a.txt": "hi {{ flow.id }}", "d/b.txt": stored, "n.txt": "{{ null }}"}
    uris = bench.run(LocalFiles, inputs=inputs, outputs=["*.txt", "d/*", "none*"])["uris"]
    assert {path: bench.text(uri) for path, uri in uris.items()} == {
        "a.txt": "hi flow",
        "d/b.txt": "stored",
        "n.txt": "",
    }


def test_purging_deletes_all_files_of_the_execution_and_no_others(bench: Bench) -> None:
    from io import BytesIO

    bench.storage.put("kestra:///acme/team/flow/executions/e2/x.txt", BytesIO(b"x"))
    uri = written(bench, "x")
    gone = bench.run(PurgeCurrentExecutionFiles)["uris"]
    assert gone[0] == uri
    assert gone[-1] == "kestra:///acme/team/flow/executions/e1"
    assert bench.run(PurgeCurrentExecutionFiles) == {"uris": []}
    assert bench.storage.exists("kestra:///acme/team/flow/executions/e2/x.txt")
