"""What the HTTP client does beyond what is recorded: waiting, limits, proxies, certificates, secrets."""

from __future__ import annotations

import ssl
import tracemalloc
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.http_server import Server, serving

from flowrun.errors import TaskFailed
from flowrun.model.http_exchange import HttpAnswer, HttpCall
from flowrun.model.http_request import (
    BasicAuth,
    BearerAuth,
    DigestAuth,
    HttpOptions,
    LoggedPart,
    Proxy,
    ProxyType,
    SslOptions,
    Timeouts,
)
from flowrun.runtime.http_client import send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrun.model.log import LogLevel

BEARER = BearerAuth(type="BEARER", token="t0ps3cret")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


class Asked:
    """One request, sent: the answer, its body, and what was logged."""

    def __init__(
        self, uri: str, *, limit: int | None = None, cancelled: Any = lambda: False, **properties: Any
    ) -> None:
        options = HttpOptions(**properties.pop("options", {}))
        into = BytesIO()
        self.logged: list[str] = []
        call = HttpCall(uri=uri, options=options, **properties)
        self.answer: HttpAnswer = send(call, into, limit=limit, log=self.log, cancelled=cancelled)
        self.text = into.getvalue().decode()

    def log(self, _level: LogLevel, line: str) -> None:
        self.logged.append(line)


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_a_cancelled_request_ends_while_it_waits(server: Server, path: str) -> None:
    begin = monotonic()
    with pytest.raises(TaskFailed, match="was told to end"):
        Asked(f"{server.url}/{path}", cancelled=server.waiting.is_set)
    assert monotonic() - begin < 5


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_an_answer_that_stops_coming_is_not_waited_for(server: Server, path: str) -> None:
    idle = {"timeout": Timeouts(read_idle_timeout=timedelta(milliseconds=50))}
    with pytest.raises(TaskFailed, match=r"^Read timed out$"):
        Asked(f"{server.url}/{path}", options=idle)


def test_an_answer_in_memory_has_a_limit(server: Server) -> None:
    with pytest.raises(TaskFailed, match=r"more than 100000 bytes.*http\.Download"):
        Asked(f"{server.url}/big/1000000", limit=100_000)


def test_the_limit_counts_what_is_unpacked(server: Server) -> None:
    with pytest.raises(TaskFailed, match="more than 69 bytes"):
        Asked(f"{server.url}/gzip", limit=69)
    assert Asked(f"{server.url}/gzip", limit=70).answer.length == 70


def test_an_answer_that_is_packed_twice_is_not_unpacked(server: Server) -> None:
    with pytest.raises(TaskFailed, match="packed more than once"):
        Asked(f"{server.url}/gzip/twice")


def test_a_large_answer_takes_little_memory(server: Server, tmp_path: Path) -> None:
    call = HttpCall(uri=f"{server.url}/big/20000000")
    Asked(f"{server.url}/json")  # what is imported once is not counted
    with (tmp_path / "big").open("wb") as file:
        tracemalloc.start()
        answer = send(call, file, limit=None, log=lambda *_: None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.length == (tmp_path / "big").stat().st_size > 19_000_000
    assert peak < 5_000_000


def test_a_busy_server_is_asked_once_more(server: Server) -> None:
    assert Asked(f"{server.url}/busy").text == "now"
    assert len(server.seen) == 2


def test_redirections_have_an_end(server: Server) -> None:
    with pytest.raises(TaskFailed, match=r"Maximum redirects \(50\) exceeded"):
        Asked(f"{server.url}/hops/60")
    assert len(server.seen) == 51


@pytest.mark.parametrize(
    "place", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://[bad", "http://a:99999/", "http://u:p@a/"]
)
def test_a_redirection_out_of_http_is_refused(server: Server, place: str) -> None:
    with pytest.raises(TaskFailed):
        Asked(f"{server.url}/elsewhere?{place}")
    assert len(server.seen) == 1


def test_who_asks_in_headers_of_the_flow_is_not_redirected_to_another_host(server: Server) -> None:
    port = server.server_address[1]
    asked = Asked(f"{server.url}/away/{port}/echo", headers=[("Cookie", "a=b")])
    assert asked.answer.code == 302
    assert len(server.seen) == 1


def test_a_cookie_goes_with_the_redirection(server: Server) -> None:
    assert "cookie: session=s1" in Asked(f"{server.url}/login").text


def test_a_cookie_does_not_go_to_another_port_of_the_host(server: Server) -> None:
    with serving() as other:
        target = f"{other.url}/echo"
        assert "cookie" not in Asked(f"{server.url}/login?{target}").text
        assert "cookie" not in other.seen[0]


def test_digest_answers_what_it_is_asked(server: Server) -> None:
    digest = {"auth": DigestAuth(type="DIGEST", username="ann", password="pass")}
    assert Asked(f"{server.url}/digest", options=digest).text == "welcome"
    assert len(server.seen) == 2
    assert 'username="ann"' in server.seen[1]
    assert "pass" not in server.seen[1].replace("password", "")


BASIC = BasicAuth(type="BASIC", username="ann", password="t0ps3cret")


@pytest.mark.parametrize(
    "options", [{"auth": BEARER}, {"auth": BASIC}, {"basic_auth_user": "ann", "basic_auth_password": "t0ps3cret"}]
)
def test_another_port_is_not_told_who_asks(server: Server, options: dict[str, Any]) -> None:
    with serving() as other:
        Asked(f"{server.url}/elsewhere?{other.url}/echo", options=options)
        assert "authorization" in server.seen[0]
        assert "authorization" not in other.seen[0]


def test_plain_http_is_not_told_who_asks_over_tls(server: Server, tls_server: Server) -> None:
    options = {"auth": BEARER, "ssl": SslOptions(insecure_trust_all_certificates=True)}
    place = tls_server.url.replace("http://", "https://")
    Asked(f"{place}/elsewhere?{server.url}/echo", options=options)
    assert "authorization" in tls_server.seen[0]
    assert "authorization" not in server.seen[0]


@pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization", "cookie"])
def test_a_header_that_says_who_asks_stays_with_its_port(server: Server, name: str) -> None:
    with serving() as other:
        asked = Asked(f"{server.url}/elsewhere?{other.url}/echo", headers=[(name, "t0ps3cret")])
        assert asked.answer.code == 302
        assert other.seen == []


@pytest.mark.parametrize("auth", [BEARER, BASIC])
def test_another_host_is_not_told_who_asks(server: Server, auth: Any) -> None:
    port = server.server_address[1]
    asked = Asked(f"{server.url}/away/{port}/echo", options={"auth": auth})
    assert asked.text.startswith("GET /echo\n")
    assert "authorization" in server.seen[0]
    assert "authorization" not in asked.text


def test_who_asks_is_not_logged(server: Server) -> None:
    everything = {"auth": BEARER, "logs": list(LoggedPart)}
    headers = [("Cookie", "t0ps3cret"), ("X-A", "shown"), ("Proxy-Authorization", "t0ps3cret")]
    logged = "\n".join(Asked(f"{server.url}/headers", headers=headers, options=everything).logged)
    assert "X-A: shown" in logged
    assert "Authorization: ******" in logged
    assert "Set-Cookie: ******" in logged
    assert "t0ps3cret" not in logged


# --- proxies: the server takes the whole URI, as a proxy does


def through(server: Server, **properties: Any) -> HttpOptions | dict[str, Any]:
    port = server.server_address[1]
    return {"proxy": Proxy(**{"type": ProxyType.HTTP, "address": "127.0.0.1", "port": port, **properties})}


def test_a_request_goes_through_the_proxy(server: Server) -> None:
    asked = Asked("http://some.example/echo", options=through(server, username="ann", password="pass"))
    assert asked.text.startswith("GET http://some.example/echo\n")
    assert "proxy-authorization: Basic YW5uOnBhc3M=" in asked.text


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert Asked(f"{server.url}/echo").answer.code == 200


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"port": None}, r"A proxy port is required when a proxy address is set \(options\.proxy\.port\)\."),
        ({"type": ProxyType.DIRECT, "port": 8}, "type DIRECT is not compatible with address /127.0.0.1:8"),
        ({"type": ProxyType.SOCKS}, "A SOCKS proxy cannot be used here"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(server: Server, properties: dict[str, Any], problem: str) -> None:
    with pytest.raises(TaskFailed, match=problem):
        Asked(f"{server.url}/echo", options=through(server, **properties))
    assert server.seen == []


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(hosts, critical=False).sign(key, SHA256())
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as running:
        yield running


def secure(server: Server, path: str = "/json") -> str:
    return server.url.replace("http:", "https:") + path


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_server: Server) -> None:
    with pytest.raises(TaskFailed, match=r"failed: self-signed certificate"):
        Asked(secure(tls_server))
    assert tls_server.seen == []


def test_any_certificate_will_do_where_the_flow_says_so(tls_server: Server) -> None:
    trusting = {"ssl": SslOptions(insecure_trust_all_certificates=True)}
    assert Asked(secure(tls_server), options=trusting).answer.code == 200


def test_other_authorities_can_be_named(tls_server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert Asked(secure(tls_server)).answer.code == 200


def test_a_redirection_to_a_certificate_is_looked_at_too(server: Server, tls_server: Server) -> None:
    with pytest.raises(TaskFailed, match="self-signed certificate"):
        Asked(f"{server.url}/elsewhere?{secure(tls_server)}")
    assert tls_server.seen == []
