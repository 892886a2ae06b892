"""An HTTP request and how it is sent: what the tasks and triggers that speak HTTP share (flow reference, chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from flowrun.model.properties import ByType, Templated


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for a connection, and for more to read."""

    connect_timeout: Templated[timedelta | None] = None
    read_idle_timeout: Templated[timedelta] = timedelta(minutes=5)


class ProxyType(StrEnum):
    """How a proxy is spoken to; DIRECT: there is none."""

    DIRECT = "DIRECT"
    HTTP = "HTTP"
    SOCKS = "SOCKS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The proxy in between."""

    type: Templated[ProxyType] = ProxyType.DIRECT
    address: Templated[str | None] = None
    port: Templated[int | None] = None
    username: Templated[str | None] = None
    password: Templated[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How to say who asks; its `type` picks the class."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth(Auth):
    """Name and password."""

    username: Templated[str | None] = None
    password: Templated[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerAuth(Auth):
    """A token."""

    token: Templated[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestAuth(Auth):
    """Name and password, the latter only as a hash."""

    username: Templated[str | None] = None
    password: Templated[str | None] = None


AUTH_TYPES: dict[str, type[Auth]] = {"BASIC": BasicAuth, "BEARER": BearerAuth, "DIGEST": DigestAuth}


@dataclass(frozen=True, slots=True, kw_only=True)
class SslOptions:
    """How much a certificate must prove."""

    insecure_trust_all_certificates: Templated[bool | None] = None


class LoggedPart(StrEnum):
    """A part of the exchange that is written to the log."""

    REQUEST_HEADERS = "REQUEST_HEADERS"
    REQUEST_BODY = "REQUEST_BODY"
    RESPONSE_HEADERS = "RESPONSE_HEADERS"
    RESPONSE_BODY = "RESPONSE_BODY"


class ClientLogLevel(StrEnum):
    """The levels of the deprecated `logLevel`."""

    ALL = "ALL"
    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    OFF = "OFF"
    NOT_SPECIFIED = "NOT_SPECIFIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How a request is sent. The last group is deprecated; its properties are no templates."""

    timeout: Timeouts | None = None
    proxy: Proxy | None = None
    auth: Annotated[BasicAuth | BearerAuth | DigestAuth | None, ByType(Auth, AUTH_TYPES)] = None
    ssl: SslOptions | None = None
    follow_redirects: Templated[bool] = True
    allow_failed: Templated[bool] = False
    allowed_response_codes: Templated[list[int] | None] = None
    enabled_tcp_extended_keep_alive: Templated[bool] = True
    default_charset: Templated[str] = "UTF-8"
    logs: list[LoggedPart] | None = None

    connect_timeout: timedelta | None = None
    read_timeout: timedelta | None = None
    read_idle_timeout: timedelta | None = None
    connection_pool_idle_timeout: timedelta | None = None
    max_content_length: int | None = None
    proxy_type: ProxyType | None = None
    proxy_address: str | None = None
    proxy_port: int | None = None
    proxy_username: str | None = None
    proxy_password: str | None = None
    basic_auth_user: str | None = None
    basic_auth_password: str | None = None
    log_level: ClientLogLevel | None = None


@dataclass(frozen=True, kw_only=True)
class HttpProperties:
    """The request itself. `sslOptions` is deprecated: `options.ssl`."""

    uri: Templated[str]
    method: Templated[str] = "GET"
    params: Templated[dict[str, Any] | None] = None
    headers: Templated[dict[str, str] | None] = None
    body: Templated[str | None] = None
    form_data: Templated[dict[str, Any] | None] = None
    content_type: Templated[str] = "application/json"
    options: HttpOptions = field(default_factory=HttpOptions)
    ssl_options: SslOptions | None = None
