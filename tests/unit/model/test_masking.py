"""What is secret is masked in every form that it may stand in. Lengths and Base64 were asked of a Kestra 1.3 server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowrun.model.execution import Execution, TaskRun
from flowrun.model.log import MASK
from flowrun.model.masking import Masking, Sealed
from flowrun.model.state import State

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "form",
    [
        "a b/c?d>>ü",
        "YSBiL2M/ZD4+w7w=",
        "YSBiL2M/ZD4+w7w",
        "YSBiL2M_ZD4-w7w=",
        "YSBiL2M_ZD4-w7w",
        "a%20b/c%3Fd%3E%3E%C3%BC",
        "a%20b%2Fc%3Fd%3E%3E%C3%BC",
        "a+b%2Fc%3Fd%3E%3E%C3%BC",
    ],
)
def test_each_form_of_a_secret_is_masked(form: str) -> None:
    assert Masking(["a b/c?d>>ü"]).text(f"<{form}>") == f"<{MASK}>"


def test_a_secret_that_holds_another_is_masked_as_a_whole() -> None:
    assert Masking(["pass", "password"]).text("password") == MASK


def test_short_secrets_are_masked_as_on_a_server_and_their_further_forms_are_not() -> None:
    masking = Masking(["a"])
    assert masking.text("banana YQ== YQ") == f"b{MASK}n{MASK}n{MASK} {MASK} YQ"


def test_an_empty_secret_masks_nothing() -> None:
    assert Masking([""]).text("banana") == "banana"


def test_the_mask_of_one_secret_is_not_masked_again() -> None:
    assert Masking(["*", "secret"]).text("secret *") == f"{MASK} {MASK}"


def test_values_are_masked_at_any_depth_and_keep_what_is_no_text() -> None:
    value = {"a": ["x s3cr3t", 1, True, None, START], "s3cr3t": {"b": ("s3cr3t",)}}
    assert Masking(["s3cr3t"]).value(value) == {
        "a": [f"x {MASK}", 1, True, None, START],
        MASK: {"b": [MASK]},
    }


def test_an_execution_is_shown_without_secrets_and_stays_as_it_is() -> None:
    execution = Execution("e", "n", "f", 1, State.created(START), outputs={"o": "s3cr3t"}, labels={"l": "s3cr3t"})
    execution.task_runs["t"] = TaskRun("t", "task", State.created(START), value="s3cr3t", outputs={"o": "s3cr3t"})
    execution.masking.hide(["s3cr3t"])
    shown = execution.shown()
    assert (shown.outputs, shown.labels) == ({"o": MASK}, {"l": MASK})
    assert (shown.task_runs["t"].value, shown.task_runs["t"].outputs) == (MASK, {"o": MASK})
    assert execution.outputs == {"o": "s3cr3t"}
    assert execution.task_runs["t"].outputs == {"o": "s3cr3t"}


def test_a_sealed_text_is_shown_as_a_mask_and_opens_as_it_was() -> None:
    value = {"a": ["x s3cr3t", "plain", 1]}
    sealed = Masking(["s3cr3t"]).sealed(value, lambda text: text[::-1])
    assert sealed == {"a": [Sealed("t3rc3s x"), "plain", 1]}
    assert str(sealed["a"][0]) == MASK
    later = Masking()
    assert later.opened(sealed, lambda code: code[::-1]) == value
    assert later.text("x s3cr3t") == MASK


def test_without_secrets_nothing_is_copied() -> None:
    value = {"a": ["x"]}
    assert Masking().value(value) is value
    assert Masking().sealed(value, str) is value
