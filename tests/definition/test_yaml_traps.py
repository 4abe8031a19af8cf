"""YAML's traps are closed: what cannot be meant is refused, and what is written is what counts."""

import time

import pytest
from definition_texts import WIDE, at, loaded, refusal, refusals

from abtest.errors import DefinitionError


def test_a_key_that_stands_twice_is_refused_and_the_first_is_named():
    found = refusal(f"{WIDE}name: other\n")
    assert found.message == "the key 'name' stands twice (first in line 1); keep one"
    assert (found.line, found.column) == (5, 1)


def test_every_key_that_stands_twice_is_listed():
    text = f'{WIDE}name: other\n"name": third\nreport: {{language: en, language: en}}\n'
    assert [problem.line for problem in refusals(text)] == [5, 6, 7]


@pytest.mark.parametrize("value", ["yes", "no", "on", "1", "0", '"true"', "tRUE", "~", "[true]"])
def test_only_true_and_false_are_truth_values(value):
    text = WIDE.replace("control: true", f"control: {value}")
    found = refusal(text)
    assert found.message.startswith("arms[0].control: must be true or false (got ")
    assert (found.line, found.column) == at(text, f"{value}}}, {{name: gate_40")


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_true_may_be_written_as_yaml_writes_it(value):
    assert loaded(WIDE.replace("control: true", f"control: {value}")).definition.arms[0].control is True


def test_a_number_with_a_leading_zero_is_ambiguous():
    message = refusal(WIDE.replace("name: gate_40", "name: gate_40, weight: 012")).message
    assert "ambiguous" in message
    assert "write 12" in message


@pytest.mark.parametrize("value", ["12:30:00", "1_000", "0x10", ".5", "5.", ".inf", ".nan", '"1"', "1/3", "50%", "٣"])
def test_what_yaml_might_take_for_a_number_is_none(value):
    message = refusal(WIDE.replace("name: gate_40", f"name: gate_40, weight: {value}")).message
    assert message.startswith("arms[1].weight: must be a number")


@pytest.mark.parametrize(
    ("value", "weight"), [("1e3", 1000.0), ("2", 2.0), ("0.5", 0.5), ("+1", 1.0), ("2.5E-1", 0.25)]
)
def test_a_number_may_be_written_as_people_write_it(value, weight):
    assert loaded(WIDE.replace("name: gate_40", f"name: gate_40, weight: {value}")).definition.arms[1].weight == weight


@pytest.mark.parametrize("value", ["1e400", "9" * 400, "1e999999999"])
def test_a_number_too_large_to_hold_is_refused(value):
    assert refusal(WIDE.replace("name: gate_40", f"name: gate_40, weight: {value}")).message.startswith(
        "arms[1].weight:"
    )


@pytest.mark.parametrize("text", [f"\tname: x\n{WIDE}", WIDE.replace("name: gate\n", "name:\tgate\n")])
def test_a_tab_is_answered_with_spaces(text):
    assert "spaces, not tabs" in refusal(text).message


def test_a_byte_order_mark_is_accepted():
    assert loaded(b"\xef\xbb\xbf" + WIDE.encode()).sha256 == loaded(WIDE).sha256


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_accepted(ending):
    assert loaded(WIDE.replace("\n", ending)).sha256 == loaded(WIDE).sha256


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_file_that_is_not_utf_8_is_told_to_be_saved_as_utf_8(encoding):
    found = refusal(f"name: k\u00e4se\n{WIDE}".encode(encoding))
    assert found.line == 1
    assert "UTF-8" in found.message


@pytest.mark.parametrize("text", [WIDE.replace("name: gate\n", "name: ga\0te\n"), WIDE + "\0", "\0\0\0"])
def test_a_nul_byte_is_refused(text):
    assert "zero bytes" in refusal(text).message


def test_a_control_character_is_refused_where_it_stands():
    found = refusal(WIDE.replace("name: gate\n", "name: ga\x07te\n"))
    assert (found.line, found.column) == (1, 9)


@pytest.mark.parametrize("text", ["", "  \n\n", "# only\n# comments\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told_what_it_needs(text):
    found = refusal(text)
    assert (found.line, found.column) == (1, 1)
    assert "name, data, arms and metrics" in found.message


@pytest.mark.parametrize("text", ["- a\n- b\n", "hello", "12", "null", "~", "---\n", "[]"])
def test_a_file_that_is_no_mapping_is_told_which_keys_it_needs(text):
    assert "must be a mapping of keys such as name, arms, data and metrics" in refusal(text).message


def test_an_empty_mapping_is_asked_for_all_its_keys():
    assert len(refusals("{}")) == 4


def test_a_second_document_is_refused():
    assert refusal(f"{WIDE}---\n{WIDE}").line == 5


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [true]", "!!int 5", "!!binary dA==", "!own t", "!<tag:x> t", "!!set {a}"]
)
def test_tags_are_refused_and_never_carried_out(tag):
    found = refusals(WIDE.replace("name: gate\n", f"name: {tag}\n"))[0]
    assert (found.line, found.column) == (1, 7)
    assert "tag" in found.message
    assert "remove it" in found.message


def test_an_anchor_may_repeat_a_value():
    text = WIDE.replace("name: gate\n", "name: &n gate\ntitle: *n\n")
    assert loaded(text).definition.title == "gate"


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "&a\nname: *a\n", "a: &a {b: &b {c: *a}}\n"])
def test_an_alias_of_what_holds_it_is_refused(text):
    assert "without end" in refusal(text).message


def test_anchors_that_expand_without_end_are_refused_at_once():
    rows = [f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(12)]
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(rows)
    began = time.monotonic()
    assert "without end" in refusal(text).message
    assert time.monotonic() - began < 5


def test_an_alias_of_nothing_is_refused():
    assert "nope" in refusal("name: *nope\n").message


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 5000 + "]" * 5000, "- " * 3000 + "a", "{a: " * 900 + "1" + "}" * 900, "[" * 900]
)
def test_deep_nesting_is_refused(text):
    assert "nested too deeply" in refusal(text).message


def test_merge_keys_are_refused():
    assert any("<<" in problem.message for problem in refusals(f"{WIDE}<<: {{title: x}}\n"))


@pytest.mark.parametrize("text", ["[a, b]: x\n", "? {a: b}\n: x\n"])
def test_a_key_that_is_no_text_is_refused(text):
    assert refusal(WIDE + text).message == "a key must be plain text"


def test_a_file_of_two_megabytes_is_refused_without_being_parsed():
    began = time.monotonic()
    with pytest.raises(DefinitionError, match="1,000,000"):
        loaded(WIDE + "#" + "x" * 2_000_000)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("value", ['"\\U00110000"', '"\\Uffffffff"', '"\\ud800"', '"a\\0b"', '"a\\nb"'])
def test_an_escape_that_is_no_printable_text_is_refused(value):
    assert refusal(f"title: {value}\n{WIDE}").line == 1


def test_a_lone_surrogate_in_a_description_is_refused_too():
    assert refusal(f'hypothesis: "\\udcff"\n{WIDE}').line == 1


@pytest.mark.parametrize(
    "line",
    ["title: A: B", "title: %x", "title: @x", "population: {eligible: `a b` = 1}", "title: *bold* x", 'title: "x'],
)
def test_text_that_yaml_cannot_read_is_told_to_use_quotes(line):
    assert "quote" in refusal(f"{line}\n{WIDE}").message


def test_prose_may_run_over_lines_and_names_may_not():
    assert loaded(f"hypothesis: |\n  one\n  two\n{WIDE}").definition.hypothesis == "one\ntwo\n"
    assert "one line" in refusal(f"title: |\n  one\n  two\n{WIDE}").message
