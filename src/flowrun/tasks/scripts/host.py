"""This machine as the place where scripts run: what they see of its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSED_ON = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "TMP", "TEMP"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "VIRTUAL_ENV"),
}
"""The variables that a script gets from the environment of flowrun, `LC_…` aside (docs/scripts.md).

All else stays out: an environment may hold the secrets of its owner.
"""

FOR_INSTALLERS = ("PIP_", "UV_")
FOR_CONTAINERS = ("DOCKER_", "CONTAINER_", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


def host_environment(*also: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a script; with what begins with one of `also`."""
    beginnings = ("LC_", *also)
    names = [name for name in environment if name in PASSED_ON or name.startswith(beginnings)]
    return {name: environment[name] for name in names}
