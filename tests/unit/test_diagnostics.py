from __future__ import annotations

from dataclasses import replace

from flowrun.diagnostics import Diagnostic, Severity, Span, draw, without_secrets

TEXT = "id: a\ntasks:\n  - id: greet\n    mesage: hi\n"


def bare(style: str, text: str) -> str:
    return text


def named(style: str, text: str) -> str:
    return f"<{style}>{text}</>"


def problem(span: Span | None, **more: object) -> Diagnostic:
    return Diagnostic("unknown-field", Severity.ERROR, "unknown field `mesage`", span, **more)


def test_a_problem_is_drawn_with_its_line_and_hint() -> None:
    drawn = draw(problem(Span(4, 5, 4, 11), hint="did you mean `message`?"), "flows/hello.yaml", TEXT, bare)
    assert drawn.splitlines() == [
        "error[unknown-field]: unknown field `mesage`",
        " --> flows/hello.yaml:4:5",
        "4 |     mesage: hi",
        "  |     ^^^^^^",
        "  = hint: did you mean `message`?",
    ]


def test_the_frame_is_as_wide_as_the_line_number() -> None:
    drawn = draw(problem(Span(12, 1, 12, 3), notes=("why",)), "f", "\n" * 11 + "ab", bare)
    assert drawn.splitlines()[1:] == ["  --> f:12:1", "12 | ab", "   | ^^", "   = note: why"]


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert draw(problem(Span(2, 1, 4, 3)), "f", TEXT, bare).splitlines()[-1] == "  | ^^^^^^"


def test_a_problem_without_a_place_names_the_file() -> None:
    assert draw(problem(None), "f", TEXT, bare).splitlines()[1:] == [" --> f"]


def test_a_place_behind_the_last_line_has_no_excerpt() -> None:
    assert draw(problem(Span(99, 1, 99, 2)), "f", TEXT, bare).splitlines()[1:] == ["  --> f:99:1"]


def test_carets_stand_below_wide_characters_and_tabs() -> None:
    assert draw(problem(Span(1, 4, 1, 6)), "f", "日\té日x", bare).splitlines()[-1] == "  |   \t ^^^"


def test_control_characters_of_the_file_are_not_passed_on() -> None:
    assert "\x1b" not in draw(problem(Span(1, 1, 1, 2)), "f\x1b", "\x1b[31mred", bare)


def test_of_a_long_line_the_part_around_the_problem_is_shown() -> None:
    drawn = draw(problem(Span(1, 5001, 1, 5004)), "f", "x" * 5000 + "bad" + "y" * 5000, bare).splitlines()
    assert len(drawn[2]) < 200
    at = drawn[3].index("^")
    assert drawn[2][at : at + 3] == "bad"


def test_pieces_are_painted_by_style() -> None:
    drawn = draw(problem(Span(1, 1, 1, 3), hint="try"), "f", "ab", named)
    assert "<error>error[unknown-field]</>" in drawn
    assert "<error>^^</>" in drawn
    assert "<hint>hint:</>" in drawn


def test_the_server_s_words_are_quoted_without_its_list_of_properties() -> None:
    said = 'tasks[0]["mesage"]: Unrecognized field "mesage" (class a.B), not marked as ignorable (3 known properties: "id")'
    drawn = draw(replace(problem(Span(1, 1, 1, 3)), kestra=said), "f", "ab", bare)
    assert (
        '= note: Kestra says: tasks[0]["mesage"]: Unrecognized field "mesage" (class a.B), not marked as ignorable\n'
        in drawn + "\n"
    )


def test_secrets_of_a_file_are_drawn_as_asterisks() -> None:
    hidden = replace(problem(Span(1, 6, 2, 3)), secret=True)
    assert without_secrets("key: hush\nhu: x\nhush", [hidden]) == "key: ****\n**: x\nhush"


def test_our_own_words_are_not_said_to_be_the_server_s() -> None:
    found = problem(Span(1, 1, 1, 3))
    assert "Kestra says" not in draw(replace(found, kestra=f"yaml: {found.message}"), "f", "ab", bare)
