"""Where secrets are found, and that what was read is hidden. What is expected was asked of a Kestra 1.3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.contexts import Bench

from flowrun.errors import TemplateError
from flowrun.model.masking import Masking
from flowrun.runtime.secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {"PASS": "s3cr3t", "JSON": '{"a": "inner", "b": 3, "c": {"d": 1}, "n": null}', "EMPTY": ""}


def test_the_environment_gives_secrets_in_base64() -> None:
    environment = {"SECRET_PASS": "czNj\ncjN0", "SECRET_BAD": "not base64!!", "SECRET_EMPTY": "", "PATH": "/bin"}
    assert secrets_of(environment) == {"PASS": "s3cr3t", "EMPTY": ""}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ secret('PASS') }}", "s3cr3t"),
        ("{{ secret('pass') }}", "s3cr3t"),
        ("{{ secret('PASS', namespace='other') }}", "s3cr3t"),
        ("{{ secret('EMPTY') }}", ""),
        ("{{ secret('JSON', subkey='a') }}", "inner"),
        ("{{ secret('JSON', subkey='b') }}", "3"),
        ("{{ secret('JSON', subkey='c') }}", '{"d":1}'),
        ("{{ secret('JSON', subkey='n') }}", "null"),
    ],
)
def test_a_template_reads_secrets(tmp_path: Path, template: str, text: str) -> None:
    assert Bench(tmp_path, VALUES).context().render(template) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ secret('NOPE') }}", r"Cannot find secret for key 'NOPE'\."),
        ("{{ secret('NOPE') ?? 'x' }}", r"Cannot find secret for key 'NOPE'\."),
        ("{{ secret('JSON', subkey='nope') }}", r"Cannot find secret sub-key 'nope' in secret 'JSON'\."),
        ("{{ secret('PASS', subkey='a') }}", r"Failed to read secret sub-key 'a' from secret 'PASS'\."),
    ],
)
def test_a_missing_secret_is_an_error(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        Bench(tmp_path, VALUES).context().render(template)


def test_what_was_read_is_hidden_in_base64_too_and_nothing_else() -> None:
    secrets, masking = Secrets(VALUES), Masking()
    secrets.find("PASS")
    secrets.hide_with(masking)
    assert set(masking.texts) == {"s3cr3t", "czNjcjN0"}
    secrets.find("EMPTY")
    secrets.find("JSON", "a")
    assert {"inner", VALUES["JSON"]} < set(masking.texts)
    assert "" not in masking.texts
