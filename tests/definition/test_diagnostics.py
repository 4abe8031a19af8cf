"""Diagnostics: one line for a log, the underlined place for a terminal, an object for an editor."""

import io
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from definition_texts import DRIP, changed, loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from abtest.cli.places import underlined
from abtest.errors import DefinitionError
from abtest.grammar.diagnostics import Diagnostic, ordered

WIDE = "客户顧ｆ한🙂"
MARKS = "\u0301\u0308\u0e48"  # accents and a Thai tone: cells of their own they have none
MARKS_OF_CLASS_0 = "\u0e31\u0e34\u0902\ufe0f\u0941"  # marks too, though Unicode orders them with nothing


def cells(text: str) -> int:
    """Return the cells that a terminal with tab stops every 8 gives a text: the slow, obvious way."""
    column = 0
    for character in text:
        if character == "\t":
            column += 8 - column % 8
        elif unicodedata.category(character) not in {"Mn", "Me"}:
            column += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return column


def found_at(line: str, start: int, end: int, number: int = 3) -> Diagnostic:
    """Return the diagnostic of characters [start, end) of a line."""
    return Diagnostic("error", "rule", "drip.yaml", number, start + 1, end + 1, "unit", "is wrong", line)


def marked(found: Diagnostic) -> tuple[str, int, int]:
    """Return the line that is shown, and the cells [from, to) that are underlined, both without the gutter."""
    head, bar, line, mark = found.underlined().split("\n")
    gutter = f"{found.line} | "
    assert head == str(found)
    assert bar == " " * len(str(found.line)) + " |"
    assert line.startswith(gutter)
    assert mark.startswith(" " * (len(gutter) - 2) + "| ")
    shown, below = line.removeprefix(gutter), mark[len(gutter) :]
    assert set(below.lstrip(" \t")) == {"^"}
    before = below.rstrip("^")
    return shown, cells(before), cells(below)


@settings(max_examples=400, deadline=None)
@given(
    st.tuples(*[st.text("ab :'#" + WIDE + MARKS + "\t", max_size=20) for _ in range(3)]),
    st.integers(1, 99_999),
)
def test_the_mark_stands_under_its_place_whatever_stands_before_it(parts, number):
    before, place, after = parts
    place = place.replace("\t", "") or "x"
    line = before + place + after
    shown, low, high = marked(found_at(line, len(before), len(before + place), number))
    assert shown == line
    assert low == cells(before)
    assert high - low == max(1, cells(place))


@pytest.mark.parametrize("mark", MARKS_OF_CLASS_0)
def test_marks_that_unicode_does_not_order_have_no_cell_either(mark):
    _, low, _ = marked(found_at(f"a{mark}b{mark}: x", 6, 7))
    assert low == 4


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 400), st.sampled_from("x客"))
def test_a_long_line_is_cut_around_its_place(before, length, after, letter):
    line = letter * before + "A" + "b" * (length - 1) + letter * after
    shown, low, high = marked(found_at(line, before, before + length))
    assert len(shown) <= 162
    assert shown.strip("…") in line
    start = shown.index("A")
    assert low == cells(shown[:start])
    assert 0 < high - low <= length
    assert high <= cells(shown)
    assert (shown == line) == (len(line) <= 160)
    assert shown.startswith("…") == (not line.startswith(shown.strip("…")))
    assert shown.endswith("…") == (not line.endswith(shown.strip("…")))


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x00", "\u200b", "\u202e", "\x9b", "\ufeff", "\xa0"])
def test_what_cannot_be_seen_is_shown_as_a_dot_and_commands_no_terminal(character):
    shown, low, _ = marked(found_at(f"a{character}[31m: x", 8, 9))
    assert shown == "a·[31m: x"
    assert low == 8


def test_a_place_at_the_end_of_a_line_is_marked_behind_it():
    assert marked(found_at("unit:", 5, 6)) == ("unit:", 5, 6)
    assert marked(found_at("", 0, 1)) == ("", 0, 1)


def test_a_place_of_several_lines_is_marked_to_the_end_of_its_first():
    text = changed("timezone: Europe/Helsinki", "timezone: 'Europe/\n  Helsinky'")
    with pytest.raises(DefinitionError) as caught:
        loaded(text)
    (found,) = caught.value.diagnostics
    assert marked(found) == ("timezone: 'Europe/", 10, 18)


def test_each_problem_is_underlined_where_it_stands():
    text = changed("weight: 1, cadence: 14d", "weight: -1, cadence: 客", changed("unit: customer_id", "unit: ''"))
    with pytest.raises(DefinitionError) as caught:
        loaded(text)
    lines = text.split("\n")
    for found in caught.value.diagnostics:
        assert found.source == lines[found.line - 1]
        place = found.source[found.column - 1 : found.end_column - 1]
        assert place in {"''", "-1", "客"}
        _, low, high = marked(found)
        assert high - low == cells(place)
        assert low == cells(found.source[: found.column - 1])
    assert len(caught.value.diagnostics) == 3


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n", "\x85", "\u2028"])
def test_lines_are_counted_as_yaml_counts_them(ends):
    text = changed("timezone: Europe/Helsinki", "timezone: Europe/Helsinky")
    with pytest.raises(DefinitionError) as caught:
        loaded(text.replace("\n", ends).encode())
    (found,) = caught.value.diagnostics
    assert (found.line, found.column) == (5, 11)
    assert marked(found) == ("timezone: Europe/Helsinky", 10, 25)


@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_a_byte_order_mark_moves_no_column(before):
    with pytest.raises(DefinitionError) as caught:
        loaded(f"{before}nmae: x\ndata: 3\n")
    first = caught.value.diagnostics[0]
    assert first.source == "nmae: x" or first.line != 1
    assert any(
        found.key == "nmae" and (found.line, found.column, found.end_column) == (1, 1, 5)
        for found in caught.value.diagnostics
    )


def test_a_byte_that_is_not_utf8_is_found_by_its_character():
    with pytest.raises(DefinitionError) as caught:
        loaded(b"unit: id\nname: \xc3\xa4\xe5\xae\xa2\xe4\n")
    (found,) = caught.value.diagnostics
    assert (found.line, found.column) == (2, 9)


@pytest.mark.parametrize(
    "ends",
    [
        "\n",
        "\r\n",
        "\r",
    ],
)
def test_a_character_that_yaml_does_not_allow_is_found_in_its_line(ends):
    with pytest.raises(DefinitionError) as caught:
        loaded(f"name: x{ends}unit: \x07{ends}".encode())
    (found,) = caught.value.diagnostics
    assert (found.line, found.column) == (2, 7)
    assert "\x07" not in found.underlined()


# As text, as an object, in order.


def test_the_line_for_a_log_holds_place_key_and_message():
    found = found_at("unit: x", 6, 7)
    assert str(found) == "drip.yaml:3:7: unit: is wrong"
    warning = Diagnostic("warning", "partial-weeks", "drip.yaml", 3, 7, 8, "period", "holds 10 days", "x")
    assert str(warning) == "drip.yaml:3:7: period: holds 10 days [partial-weeks]"


def test_a_definition_made_in_python_has_no_place_to_underline():
    found = Diagnostic("error", "rule", "definition", 0, 0, 0, "unit", "is wrong")
    assert found.underlined() == str(found) == "definition: unit: is wrong"


def test_an_editor_gets_every_field_but_not_the_file_s_text():
    assert found_at("unit: secret", 6, 12).as_dict() == {
        "severity": "error",
        "code": "rule",
        "file": "drip.yaml",
        "line": 3,
        "column": 7,
        "end_column": 13,
        "key": "unit",
        "message": "is wrong",
    }


def test_diagnostics_come_once_in_the_order_of_the_files_and_of_their_places():
    def at(file: str, line: int, column: int) -> Diagnostic:
        return Diagnostic("error", "rule", file, line, column, column + 1, "", f"{file}{line}{column}")

    mixed = [at("c", 1, 1), at("b", 10, 1), at("b", 9, 7), at("a", 1, 1), at("b", 9, 7), at("?", 1, 1), at("b", 9, 6)]
    listed = [str(found.message) for found in ordered(mixed, ["b", "a", "c"])]
    assert listed == ["b96", "b97", "b101", "a11", "c11", "?11"]


# On a terminal.


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour_and_a_file_does_not(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    found = found_at("unit: x | y", 6, 7)
    assert underlined([found], io.StringIO()) == found.underlined()
    coloured = underlined([found], Terminal())
    assert "\x1b[31m" in coloured
    assert without_colour(coloured) == found.underlined()
    monkeypatch.setenv("NO_COLOR", "1")
    assert underlined([found], Terminal()) == found.underlined()


def test_an_empty_no_color_asks_for_nothing(monkeypatch):
    # https://no-color.org: "when present and not an empty string".
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[" in underlined([found_at("unit: x", 6, 7)], Terminal())


@pytest.mark.parametrize("line", ["unit: x", "a | b | c: x", "\tx", "客: x", ""])
def test_colour_changes_no_cell(line, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for number in (1, 1234):
        found = found_at(line, max(0, len(line) - 1), len(line), number)
        assert without_colour(underlined([found], Terminal())) == found.underlined()


def without_colour(text: str) -> str:
    for code in ("1", "2", "31", "33", "0"):
        text = text.replace(f"\x1b[{code}m", "")
    return text


def test_warnings_are_yellow_and_only_errors_are_counted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    warning = Diagnostic("warning", "cadence", "f", 1, 1, 2, "", "careful", "x")
    assert "\x1b[33m" in underlined([warning], Terminal())
    two = underlined([found_at("a", 0, 1, 1), warning, found_at("a", 0, 1, 2)], io.StringIO())
    assert two.endswith("\n2 errors")
    assert "errors" not in underlined([found_at("a", 0, 1, 1), warning], io.StringIO())


def test_the_command_underlines_on_standard_error_without_colour_in_a_pipe(tmp_path: Path):
    path = tmp_path / "drip.yaml"
    path.write_text(changed("timezone: Europe/Helsinki", "timezone: Europe/Helsinky", DRIP))
    command = [sys.executable, "-c", "from abtest.cli import main; main()", "validate", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert "\x1b" not in run.stderr
    assert "\n5 | timezone: Europe/Helsinky\n  |           ^^^^^^^^^^^^^^^\n" in run.stderr
