"""The flows of `flows/tour/` with their server, as a user runs them: how they end, and what they leave behind."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from tests.cli.command import ROOT, flowrun

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "flows" / "tour"
TOUR = sorted(path.name for path in FOLDER.glob("*.yaml"))
CALLED = {"02_load_batch.yaml", "10_invoice.yaml"}


class Tour:
    """A store of its own and a server of its own."""

    def __init__(self, home: Path, server: str) -> None:
        self.home, self.server = home, server

    def call(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Any command, in this store."""
        return flowrun(*arguments, env={"FLOWRUN_HOME": str(self.home), "FLOWRUN_INPUT_SERVER": self.server, **env})

    def run(self, name: str, *options: str, code: int = 0, **env: str) -> Ended:
        """Run a flow of the tour; `code` is how the command has to end."""
        done = self.call("run", f"flows/tour/{name}.yaml", "--no-input", "--output", "json", *options, **env)
        assert done.returncode == code, done.stdout + done.stderr
        return Ended(json.loads(done.stdout))

    def uploaded(self, name: str) -> str:
        """What the server keeps under this name."""
        with urllib.request.urlopen(f"{self.server}/uploads/{name}", timeout=10) as answer:
            return answer.read().decode()

    def uploads(self) -> list[str]:
        """The names of all that the server keeps."""
        with urllib.request.urlopen(f"{self.server}/uploads", timeout=10) as answer:
            return json.load(answer)

    def stored(self, uri: str) -> bytes:
        """A file of the internal storage."""
        return (self.home / "storage" / unquote(urlsplit(uri).path).lstrip("/")).read_bytes()


class Ended:
    """An execution, as JSON."""

    def __init__(self, document: dict) -> None:
        self.document = document
        self.state = document["state"]["current"]
        self.outputs = document.get("outputs") or {}
        self.runs = document["taskRunList"]

    def messages(self, task: str) -> list[str]:
        return [line["message"] for line in self.document["logs"] if line.get("taskId") == task]

    def states(self, task: str) -> list[str]:
        return [run["state"]["current"] for run in self.runs if run["taskId"] == task]

    def output(self, task: str) -> dict:
        (found,) = [run["outputs"] for run in self.runs if run["taskId"] == task]
        return found


@pytest.fixture
def tour(tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "server.py"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Tour(tmp_path / "home", process.stdout.readline().split()[-1])
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_orders_are_summed_up_and_stored(tour):
    for code in (201, 200):  # the second run replaces what the first one uploaded
        done = tour.run("01_etl")
        report = "product,revenue\ncoffee,70.00\ntea,54.00\ncocoa,22.40\n"
        assert done.outputs["total"] == "146.40"
        assert tour.stored(done.outputs["report"]).decode() == report
        assert tour.uploaded("revenue.csv") == report
        assert done.messages("summary") == [f"10 orders, 146.40 in total; uploaded: {code}"]


def test_many_files_are_joined_and_loaded_in_batches(tour):
    done = tour.run("02_many_files")
    assert done.states("fetch") == done.states("rows") == ["SUCCESS"] * 3
    assert tour.uploads() == [f"batch-{number}.csv" for number in range(4)]
    batches = [[row.split(",")[0] for row in tour.uploaded(name).split()] for name in tour.uploads()]
    assert batches == [["1", "3", "6"], ["10", "2", "5"], ["8", "4", "7"], ["9"]]
    assert done.messages("summary")[0].startswith("4 batches:\n")
    history = json.loads(tour.call("history", "--flow", "load_batch", "--format", "json").stdout)
    assert len(history["executions"]) == 4


def test_a_flaky_service_is_asked_until_it_answers(tour):
    for _ in range(2):
        done = tour.run("03_flaky_service")
        assert done.state == "WARNING"
        assert done.messages("show") == ["A euro is 1.08 dollars, said call 3"]
        assert [len(run["attempts"]) for run in done.runs] == [3, 1]
    assert tour.uploads() == []


def test_a_service_that_stays_away_leaves_a_report(tour):
    done = tour.run("03_flaky_service", "--input", "failures=9", code=1)
    assert (done.state, done.states("show"), done.states("report")) == ("FAILED", [], ["SUCCESS"])
    assert len(done.runs[0]["attempts"]) == 4
    report = tour.uploaded("alarm.txt")
    assert report.startswith("tour.flaky_service failed in rates:\n")
    assert "call 4 fails" in report


def test_what_fanned_out_is_merged(tour):
    done = tour.run("04_fan_out")
    assert done.states("analyse") == ["SUCCESS"] * 3
    assert done.outputs == {"best": "west", "orders": 10}
    ranking = "west     64.00\nsouth    49.00\nnorth    33.40"
    assert done.messages("show") == [f"The best region is west:\n{ranking}"]
    assert tour.run("04_fan_out", "--input", 'regions=["north"]').outputs == {"best": "north", "orders": 4}


def test_shell_tasks_share_a_folder_and_leave_packed_files(tour):
    done = tour.run("05_shell_pipeline")
    days = "2026-03-02,27.50\n2026-03-03,20.50\n2026-03-04,34.40\n2026-03-05,34.00\n2026-03-06,30.00\n"
    assert done.messages("show") == [f"5 days:\n{days.strip()}"]
    assert gzip.decompress(tour.stored(done.outputs["packed"])).decode() == days
    assert sorted(done.output("workshop")["outputFiles"]) == ["out/per_day.csv", "out/per_day.csv.gz"]


def test_each_run_loads_what_the_one_before_left(tour):
    assert [tour.run("06_incremental_load").outputs["loaded"] for _ in range(4)] == [5, 5, 2, 0]
    assert tour.uploads() == ["events-1-5.json", "events-11-12.json", "events-6-10.json"]
    assert [event["id"] for event in json.loads(tour.uploaded("events-6-10.json"))] == [6, 7, 8, 9, 10]
    assert tour.call("kv", "get", "tour", "last_event").stdout.strip() == "12"
    assert tour.call("kv", "delete", "tour", "last_event").returncode == 0
    assert tour.run("06_incremental_load").outputs["loaded"] == 5


def test_what_was_not_loaded_is_not_remembered(tour):
    tour.run("06_incremental_load", "--fail", "load", code=1)
    assert tour.call("kv", "get", "tour", "last_event").returncode == 2
    assert tour.run("06_incremental_load").outputs["loaded"] == 5


def test_the_script_and_its_rules_are_files_of_the_namespace(tour):
    assert tour.call("files", "put", "tour", "flows/tour/files").returncode == 0
    done = tour.run("07_namespace_files")
    assert done.messages("rules") == ["2 rules"]
    assert done.outputs == {"broken": 1}
    assert tour.call("files", "get", "tour", "reports/quality.txt").stdout == "order 7: quantity is 6\n"


def test_other_rules_need_no_other_flow(tour, tmp_path):
    (tmp_path / "rules.json").write_text('{"price": {"least": 5, "most": 10}}')
    tour.call("files", "put", "tour", "flows/tour/files")
    tour.call("files", "put", "tour", str(tmp_path / "rules.json"))
    assert tour.run("07_namespace_files").outputs == {"broken": 6}


def test_a_secret_opens_the_api_and_is_shown_nowhere(tour):
    done = tour.run("08_authenticated_api", "--secrets-file", "flows/tour/secrets.env")
    assert done.messages("show") == ["The balance is 1250.75 (asked with ******)"]
    assert "tour-token" not in json.dumps(done.document)
    assert not [path for path in tour.home.rglob("*") if path.is_file() and b"tour-token" in path.read_bytes()]


def test_a_refused_secret_is_told_in_words(tour):
    done = tour.run("08_authenticated_api", SECRET_TOUR_TOKEN="d3Jvbmc=", code=1)
    assert done.output("account")["code"] == 401
    assert "The service does not take the secret TOUR_TOKEN. Has it expired?" in done.messages("refused")
    assert done.states("show") == []


@pytest.mark.parametrize("approved", [True, False])
def test_nothing_is_published_without_a_word(tour, approved):
    paused = tour.run("09_approval", code=5)
    assert paused.states("review") == ["PAUSED"]
    assert "ann ordered 4 times" in paused.messages("ask")[0]
    assert tour.uploads() == []
    word = ("--input", f"approved={str(approved).lower()}", "--input", "reviewer=Ann", "--output", "json")
    resumed = tour.call("resume", "--last", *word)
    assert resumed.returncode == 0, resumed.stderr
    done = Ended(json.loads(resumed.stdout))
    assert done.state == "SUCCESS"
    assert done.states("publish" if approved else "withhold") == ["SUCCESS"]
    assert tour.uploads() == (["published.txt"] if approved else [])
    if approved:
        assert tour.uploaded("published.txt").endswith("eve ordered 3 times\napproved by Ann\n")


def test_each_customer_gets_an_invoice(tour):
    done = tour.run("10_customers")
    assert done.messages("sum") == ["3 invoices, 14640 cents in total"]
    assert tour.uploads() == [f"invoice-{name}.txt" for name in ("ann", "bob", "eve")]
    assert tour.uploaded("invoice-ann.txt").startswith("Invoice for Ann\n2026-03-02  3 x tea        13.50\n")
    history = json.loads(tour.call("history", "--flow", "invoice", "--format", "json").stdout)["executions"]
    assert [{"key": "team", "value": "billing"} in one["labels"] for one in history] == [True] * 3


def test_the_note_is_taken_back_when_a_customer_is_a_stranger(tour):
    done = tour.run("10_customers", "--input", 'customers=["ann", "nobody"]', code=1)
    assert (done.states("invoice"), done.states("take_it_back")) == (["SUCCESS", "FAILED"], ["SUCCESS"])
    assert done.output("leave_a_note")["code"] == 201
    assert tour.uploads() == ["invoice-ann.txt"]


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    env = {"FLOWRUN_HOME": str(tmp_path), "FLOWRUN_INPUT_SERVER": "http://localhost:1"}
    done = flowrun("run", "flows/tour/01_etl.yaml", env=env)
    assert done.returncode == 1
    assert "localhost:1" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", TOUR)
def test_the_first_lines_name_the_flow_itself(name):
    head = (FOLDER / name).read_text().partition("\nid:")[0]
    called = re.findall(r"flowrun run flows/tour/(\S+)", head)
    assert called
    assert set(called) == {name}


def test_the_page_walks_through_all_of_it():
    page = (ROOT / "docs" / "tour.md").read_text()
    assert set(re.findall(r"\(\.\./flows/tour/(\S+\.yaml)\)", page)) == set(TOUR)
    commands = set(re.findall(r"^flowrun run flows/tour/(\S+)", page, re.MULTILINE))
    assert commands == set(TOUR) - CALLED


def test_nothing_of_the_tour_needs_what_is_not_there():
    text = "".join((FOLDER / name).read_text() for name in TOUR)
    assert "dependencies:" not in text
    assert set(re.findall(r"https?://[^/\s\"]+", text)) == {"http://localhost:8000"}
