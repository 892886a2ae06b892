"""HTTP tasks in a run: files, secrets, and how a request ends with its task."""

from __future__ import annotations

import json
from email import message_from_bytes
from io import StringIO
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.http_server import Server, serving

from flowrun.app import flows, runs
from flowrun.errors import FlowrunError
from flowrun.loading.source import Source
from flowrun.model.execution import ENCRYPTED
from flowrun.model.workplace import HERE
from flowrun.runtime.host import EngineHost
from flowrun.sinks.json_document import JsonSink, execution_document
from flowrun.template import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrun.app.runs import Running

CORE = "io.kestra.plugin.core."
SECRET = "t0ps3cret"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def begin(server: Server, flow: str, inputs: dict[str, Any] | None = None) -> tuple[Running, JsonSink]:
    sink = JsonSink(StringIO())
    text = "id: h\nnamespace: a.b\n" + flow.replace("$SERVER", server.url).replace("$CORE", CORE)
    source = Source(text, "flow.yaml")
    loaded, _ = flows.load(source)
    options = runs.RunOptions()
    return runs.begin(loaded, source, inputs or {}, {}, sinks=[sink], options=options, warn=print), sink


def run(server: Server, flow: str, inputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """The execution as `run --output json` shows it."""
    running, sink = begin(server, flow, inputs)
    running.run_to_end()
    assert sink.execution is not None
    document: dict[str, Any] = json.loads(json.dumps(execution_document(sink.execution, sink.logs)))
    return document


def logged(document: dict[str, Any]) -> str:
    return "\n".join(entry["message"] for entry in document["logs"])


def outputs(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["taskRunList"][0]["outputs"]
    return found


def form_of(server: Server) -> dict[str, tuple[str | None, str, bytes]]:
    """The parts of the form that was sent: file name, type and bytes by name."""
    kind, body = server.contents[-1]
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    assert message.is_multipart()
    return {
        str(part.get_param("name", header="Content-Disposition")): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    }


FORM = """
inputs:
  - {id: f, type: FILE}
tasks:
  - id: t
    type: $COREhttp.Request
    uri: $SERVER/echo
    method: POST
    contentType: multipart/form-data
    formData:
      text: äh
      list: [1]
      nothing: null
      file: "{{ inputs.f }}"
      named: {name: other.csv, content: "{{ inputs.f }}"}
"""


def test_a_multipart_form_holds_texts_and_files(server: Server, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,\xff\n")
    assert run(server, FORM, {"f": str(tmp_path / "in.csv")})["state"]["current"] == "SUCCESS"
    assert form_of(server) == {
        "text": (None, "text/plain", "äh".encode()),
        "list": (None, "text/plain", b"[1]"),
        "file": ("in.csv", "application/octet-stream", b"a,\xff\n"),
        "named": ("other.csv", "application/octet-stream", b"a,\xff\n"),
    }


def test_a_file_of_a_form_is_sent_whole_after_a_redirection(server: Server, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,b\n")
    run(server, FORM.replace("/echo", "/redirect/307/echo"), {"f": str(tmp_path / "in.csv")})
    assert len(server.contents) == 2
    assert form_of(server)["file"][2] == b"a,b\n"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("kestra:///no/such", "kestra:///no/such (No such file or directory)"),
        ("{name: a, content: /etc/passwd}", "Invalid internal storage uri, got uri '/etc/passwd'"),
        ("kestra:///../../etc/passwd", "kestra:///../../etc/passwd (no file of the internal storage)"),
    ],
)
def test_only_stored_files_can_be_sent(server: Server, value: str, problem: str) -> None:
    form = f"""
tasks:
  - id: t
    type: $COREhttp.Request
    uri: $SERVER/echo
    contentType: multipart/form-data
    formData: {{f: {value}}}
"""
    document = run(server, form)
    assert document["state"]["current"] == "FAILED"
    assert problem in logged(document)
    assert server.seen == []


ENCRYPT = """
tasks:
  - id: t
    type: $COREhttp.Request
    uri: $SERVER/json
    encryptBody: true
outputs:
  - {id: clear, type: STRING, value: "{{ outputs.t.encryptedBody }}"}
"""


def test_an_encrypted_body_is_open_to_templates_only(server: Server) -> None:
    document = run(server, ENCRYPT)
    sealed = outputs(document)["encryptedBody"]
    assert sealed["type"] == ENCRYPTED
    assert "true" not in sealed["value"]
    assert document["outputs"] == {"clear": '{"a": 1, "b": [true, null]}'}


DOWNLOAD = """
tasks:
  - {id: t, type: $COREhttp.Download, uri: "$SERVER/file/data.csv"}
  - {id: shown, type: $COREdebug.Return, format: "{{ read(outputs.t.uri) }}"}
"""


def test_a_download_is_a_file_that_templates_can_read(server: Server) -> None:
    document = run(server, DOWNLOAD)
    assert outputs(document)["length"] == 8
    assert outputs(document)["uri"].endswith("/data.csv")
    assert document["taskRunList"][1]["outputs"] == {"value": "a,b\n1,2\n"}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=UTF-8''%e2%82%ac.csv", "€.csv"),
        ('attachment; filename="a b;c.csv"', "a+b;c.csv"),
        ('attachment; filename="../../etc/a.csv"', "a.csv"),
        (r'attachment; filename="C:\\dir\\a.csv"', "a.csv"),
        ('attachment; filename="a:{b}?#.csv"', "ab.csv"),
        ('attachment; filename=".."', ".bin"),
        ('attachment; filename=""', ".bin"),
        ("attachment; filename", ".bin"),
        ("", ".bin"),
    ],
)
def test_a_name_that_the_server_gives_stays_in_its_folder(server: Server, disposition: str, name: str) -> None:
    asked = {"id": "t", "type": f"{CORE}http.Download", "uri": f"{server.url}/file/x.bin"}
    task = json.dumps({**asked, "headers": {"X-Disposition": disposition or ";"}})
    document = run(server, f"tasks:\n  - {task}\n")
    assert document["state"]["current"] == "SUCCESS", logged(document)
    folder, _, last = outputs(document)["uri"].rpartition("/")
    assert last.endswith(name)
    assert folder.endswith(f"/tasks/t/{document['taskRunList'][0]['id']}")


@pytest.mark.parametrize("name", ["../../x.csv", "a/../../x.csv", "/etc/x.csv", "a//x.csv"])
def test_a_name_that_the_flow_gives_stays_in_its_folder(server: Server, name: str) -> None:
    task = json.dumps({"id": "t", "type": f"{CORE}http.Download", "uri": f"{server.url}/json", "saveAs": name})
    assert run(server, f"tasks:\n  - {task}\n")["state"]["current"] == "FAILED"


WITH_SECRET = """
inputs:
  - {id: token, type: SECRET}
tasks:
  - id: t
    type: $COREhttp.Request
    uri: $SERVER/type/text/plain
    method: POST
    body: "{{ inputs.token }}"
    headers: {Cookie: "a={{ inputs.token }}", X-Key: "{{ inputs.token }}"}
    options:
      auth: {type: BEARER, token: "{{ inputs.token }}"}
      allowedResponseCodes: [201]
      logs: [REQUEST_HEADERS, REQUEST_BODY, RESPONSE_HEADERS, RESPONSE_BODY]
"""


def test_a_secret_that_is_sent_and_comes_back_is_in_no_log_line(server: Server) -> None:
    document = run(server, WITH_SECRET, {"token": SECRET})
    assert f"authorization: Bearer {SECRET}" in server.seen[0]
    assert "Failed http request with response code '200'" in logged(document)
    assert SECRET not in json.dumps(document)


SLOW = """
tasks:
  - {id: t, type: $COREhttp.Request, uri: "$SERVER/slow", timeout: PT0.2S}
"""


def test_a_request_ends_with_the_timeout_of_its_task(server: Server) -> None:
    began = monotonic()
    document = run(server, SLOW)
    assert document["state"]["current"] == "FAILED"
    assert "Timeout after 00:00:00.200" in logged(document)
    assert monotonic() - began < 5


@pytest.mark.parametrize(
    "task",
    [
        '{id: t, type: $COREhttp.Request, uri: "$SERVER/drip"}',
        '{id: t, type: $COREhttp.Download, uri: "$SERVER/slow"}',
        """{id: t, type: $COREhttp.Request, uri: x, body: "{{ http('$SERVER/slow') }}"}""",
    ],
    ids=["Request", "Download", "http()"],
)
def test_a_request_ends_when_its_execution_is_killed(server: Server, task: str) -> None:
    running, _ = begin(server, f"tasks:\n  - {task}\n")
    killer = Thread(target=lambda: server.waiting.wait(20) and running.kill())
    began = monotonic()
    killer.start()
    assert running.run_to_end().current == "KILLED"
    killer.join()
    assert monotonic() - began < 5


ASKS_FOR_AN_INPUT = """
inputs:
  - {id: a, type: INT, defaults: "{{ http('$SERVER/json').a }}"}
tasks:
  - {id: t, type: $COREdebug.Return, format: "{{ inputs.a }}"}
"""


def test_http_reads_the_inputs_of_a_flow_too(server: Server) -> None:
    assert outputs(run(server, ASKS_FOR_AN_INPUT)) == {"value": "1"}


def test_a_flow_that_does_not_run_asks_nobody(server: Server) -> None:
    text = "id: h\nnamespace: a.b\n" + ASKS_FOR_AN_INPUT.replace("$SERVER", server.url).replace("$CORE", CORE)
    flow, _ = flows.load(Source(text, "flow.yaml"))
    with pytest.raises(FlowrunError, match="needs a running execution"):
        flows.plan(flow, {})
    assert server.seen == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"auth": {"token": "x"}}, "`options.auth` needs a `type`"),
        ({"defaultCharset": "nonsense"}, "There is no charset 'nonsense'"),
        ({"proxy": {"type": "HTTP", "address": "a:b", "port": 1}}, "There can be no proxy at a:b:1"),
        ({"proxy": {"type": "HTTP", "address": "127.0.0.1", "port": 1}}, "Failed to execute HTTP request"),
        ({"timeout": {"readIdleTimeout": "soon"}}, "Unrecognized token 'soon'"),
        ({"timeouts": {}}, 'Unrecognized field "timeouts"'),
    ],
)
def test_wrong_options_of_http_are_named(server: Server, options: dict[str, Any], problem: str) -> None:
    from flowrun.runtime.clock import WallClock

    with pytest.raises(TemplateError, match=problem):
        EngineHost(WallClock(), workplace=HERE).http(f"{server.url}/json", body=1, options=options)
    assert server.seen == []


def test_nobody_there_is_said_with_what_was_tried() -> None:
    from flowrun.runtime.clock import WallClock

    with pytest.raises(TemplateError, match="Failed to execute HTTP request") as caught:
        EngineHost(WallClock(), workplace=HERE).http("http://127.0.0.1:1/")
    assert caught.value.hint == "Connect to http://127.0.0.1:1 failed: Connection refused"
