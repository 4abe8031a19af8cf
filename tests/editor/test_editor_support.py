"""An editor with yaml-language-server completes, explains and checks a definition with the schema that we print.

It is set up as docs/editors.md says.
"""

import json
import re
from collections.abc import Iterator

import pytest
from language_server import PINNED, ROOT, LanguageServer, require_server

from abtest.definition.schema import library_schema, schema

PAGE = (ROOT / "docs/editors.md").read_text(encoding="utf-8")
SETTINGS = json.loads(PAGE.split("```json\n")[1].split("```")[0])
LIBRARY = "experiments/library.yaml"
EXAMPLE = (ROOT / "experiments/drip.yaml").read_text(encoding="utf-8")
HEAD = """\
name: gate
arms: [{name: gate_30, control: true}, {name: gate_40}]
data: {customers: {path: players.csv, arm: version}, orders: {path: orders.csv, at: ordered_at}}
metrics:
"""
METRIC = """\
  bought: {role: primary, type: conversion, event: orders, window: [0d, 28d]}
"""
TYPES = [
    "retention",
    "conversion",
    "count",
    "active_periods",
    "sum",
    "mean",
    "ratio",
    "quantile",
    "time_to_event",
    "column",
]


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    require_server()
    folder = tmp_path_factory.mktemp("editor")
    schemas = {"abtest.schema.json": schema(), "library.schema.json": library_schema()}
    for name, found in schemas.items():
        (folder / name).write_text(json.dumps(found, indent=2), encoding="utf-8")
    with LanguageServer(folder, SETTINGS) as server:
        yield server
        assert not server.went_online, "the server tried to reach the network"


def at(text: str, part: str) -> tuple[int, int]:
    """Return the line and column, from 0, of the first ``part`` in ``text``."""
    before = text[: text.index(part)]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def offered(editor: LanguageServer, text: str) -> dict[str, dict]:
    """Return what is offered where ``|`` stands."""
    return editor.completions(text.replace("|", ""), *at(text, "|"))


def inserted(item: dict) -> str:
    """Return the text that a completion inserts, without the marks of its snippet."""
    return re.sub(r"\$\{\d+:([^}]*)\}", r"\1", item["textEdit"]["newText"])


def marked(editor: LanguageServer, text: str) -> list[tuple[str, str]]:
    """Return what is underlined, and the message."""
    lines = text.splitlines()
    found = []
    for diagnostic in editor.diagnostics(text):
        start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
        assert start["line"] == end["line"]
        found.append((lines[start["line"]][start["character"] : end["character"]], diagnostic["message"]))
    return found


def test_the_shipped_example_has_no_complaints(editor):
    assert editor.diagnostics(EXAMPLE) == []


def test_keys_of_a_metric_are_completed(editor):
    keys = offered(editor, f"{HEAD}  bought:\n    |\n")
    assert {"type", "role", "window", "event", "margin", "covariate"} <= set(keys)
    assert keys["event"]["documentation"]["value"] == "The event source under `data`."


def test_a_type_chooses_the_keys_that_are_completed(editor):
    keys = offered(editor, f"{HEAD}  bought:\n    type: retention\n    |\n")
    assert {"role", "window", "day", "event"} <= set(keys)
    assert not {"type", "quantile", "numerator", "winsorise"} & set(keys)
    assert {"numerator", "denominator"} <= set(offered(editor, f"{HEAD}  bought:\n    type: ratio\n    |\n"))


def test_types_of_metrics_are_completed_and_explained(editor):
    types = offered(editor, f"{HEAD}  bought:\n    type: |\n")
    assert list(types) == TYPES
    assert types["conversion"]["documentation"].startswith("Share of mature eligible units")
    assert "retention" in offered(editor, f"{HEAD}  bought:\n    type: ret|\n")


def test_a_completed_window_is_written_as_people_write_it(editor):
    keys = offered(editor, f"{HEAD}  bought:\n    type: retention\n    |\n")
    assert inserted(keys["window"]) == "window: [28d, 56d]"
    values = offered(editor, f"{HEAD}  bought:\n    type: retention\n    window: |\n")
    assert [inserted(value) for value in values.values()] == ["[28d, 56d]"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("metrics: {a: {type: sum}}\nreport:\n  language: |", {"en"}),
        ("analysis:\n  correction: |", {"holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"}),
        ("analysis:\n  bayes: |", {"true", "false", "null"}),
        ("timezone: |", {"Europe/Helsinki", "UTC"}),
        ("title: |", {"Weekly vs biweekly e-mail drip"}),
        ("period:\n  start: |", {"2026-03-02"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_are_completed_and_text_is_not_offered_true_or_null(editor, line, values):
    assert set(offered(editor, f"name: gate\n{line}\n")) == values


def test_keys_of_the_file_and_of_its_parts_are_completed(editor):
    assert {"name", "arms", "data", "metrics", "period", "analysis"} <= set(offered(editor, "|\n"))
    assert {"start", "end", "through"} <= set(offered(editor, "name: gate\nperiod:\n  |\n"))
    assert {"path", "at", "value"} <= set(offered(editor, "name: gate\ndata:\n  orders:\n    |\n"))
    assert {"name", "control", "cadence"} <= set(offered(editor, "name: gate\narms:\n  - |\n"))
    arms = offered(editor, "name: gate\n|\n")["arms"]
    assert inserted(arms).startswith("arms:\n  - name:")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("window: [28d, 56d]", "since assignment"),
        ("arms:", "one has control: true"),
        ("timezone:", "Europe/Helsinki"),
        ("margin:", "```yaml\n1pp\n```"),
        ("retention\n", "* `retention`: Share of mature eligible units"),
        ("retained_8w:", "Share of mature eligible units that return"),
        ("covariate: {", "regression adjustment"),
        ("end: 2026", "Last day of enrolment"),
    ],
)
def test_a_key_is_explained_where_the_pointer_rests(editor, part, words):
    shown = editor.hover(EXAMPLE, *at(EXAMPLE, part))
    assert words in shown


def test_a_hover_says_what_the_schema_says(editor):
    described = schema()["$defs"]["Retention"]["properties"]["window"]["markdownDescription"]
    assert described in editor.hover(EXAMPLE, *at(EXAMPLE, "window: [28d, 56d]"))
    assert "#### Retention" in editor.hover(EXAMPLE, *at(EXAMPLE, "window: [28d, 56d]"))


def test_a_misspelt_key_is_underlined_once_and_the_known_ones_are_at_hand(editor):
    text = EXAMPLE.replace("weight: 1, cadence: 7d", "wieght: 1, cadence: 7d")
    (found,) = editor.diagnostics(text)
    line, column = at(text, "wieght")
    assert found["message"] == "Property wieght is not allowed."
    assert found["range"] == {
        "start": {"line": line, "character": column},
        "end": {"line": line, "character": column + len("wieght")},
    }
    assert "weight" in found["data"]["properties"]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("window: [0d, 28d]", "window: [0d, 28d], wnidow: 1", "wnidow", "Property wnidow is not allowed."),
        ("window: [0d, 28d]", "window: [0, 28]", "0, 28", "must be a length of time such as 28d, 8w or 12h"),
        (", window: [0d, 28d]", "", "bought", 'Missing property "window".'),
        ("type: conversion, ", "", "bought", 'Missing property "type".'),
        ("type: conversion", "type: conversoin", "conversoin", '"conversion"'),
        ("role: primary", "role: first", "first", '"primary", "secondary", "guardrail"'),
        ("role: primary", "margin: much", "much", "must be a positive amount such as 1pp, 5% or 0.25"),
        ("{role: primary, type: conversion, event: orders, window: [0d, 28d]}", "[]", "[]", "must be a mapping"),
        ("{role: primary, type: conversion, event: orders, window: [0d, 28d]}", "", "", "must be a mapping"),
        ("control: true", "control: yes", "yes", "must be true or false"),
        ("name: gate\n", "name: gate\nperiod: {start: 2.3.2026}\n", "2.3.2026", "must be a date such as 2026-03-02"),
        ("  bought:", "  8w:", "8w", "must start with a letter"),
    ],
)
def test_a_mistake_is_one_message_at_its_place(editor, old, new, place, message):
    text = (HEAD + METRIC).replace(old, new)
    found = marked(editor, text)
    assert [underlined for underlined, _ in found] == [place]
    assert message in found[0][1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: gate\n", "name: 012\ntitle:\nhypothesis: 2026\n"),
        ("name: gate_40", "name: no, title: true, cadence: , weight: 1e3"),
        (
            "name: gate\n",
            "name: gate\nsegments: [country, 1, {column: plan, declared: true}]\nanalysis: {bayes: true}\n",
        ),
        ("name: gate\n", "name: gate\nversion: '1'\nperiod: {start: 2026-03-02, end: }\n"),
        ("window: [0d, 28d]", "window: [0d, 4w], margin: 0.25, benchmark: 45%, goal: 0.5, test: "),
    ],
)
def test_odd_ways_to_write_are_no_false_alarms(editor, old, new):
    assert marked(editor, (HEAD + METRIC).replace(old, new)) == []


def test_what_a_library_fills_in_is_not_missed_and_wrong_keys_are_marked_still(editor):
    text = HEAD.replace("data:", "include: library.yaml\ndata:") + "  bought:\n  kept: {goal: 50%}\n"
    assert marked(editor, text) == []
    assert marked(editor, text.replace("goal", "gaol")) == [("gaol", "Property gaol is not allowed.")]


def test_a_library_has_a_schema_of_its_own(editor):
    text = "metrics:\n  bought: {type: sum, event: orders, window: [0d, 28d]}\n"
    assert editor.diagnostics(text, LIBRARY) == []
    (found,) = editor.diagnostics(text + "name: gate\n", LIBRARY)
    assert found["message"] == "Property name is not allowed."
    assert "numerator" in editor.completions("metrics:\n  a:\n    \n", 2, 4, LIBRARY)


def test_the_first_line_of_a_file_can_name_its_schema(editor):
    line = "# yaml-language-server: $schema=abtest.schema.json\n"
    assert line in PAGE
    text = line.replace("=", "=../") + EXAMPLE
    assert editor.diagnostics(text, "any-name.yaml") == []
    (found,) = editor.diagnostics(text.replace("timezone:", "timezoen:"), "any-name.yaml")
    assert found["message"] == "Property timezoen is not allowed."


def test_the_page_names_the_version_that_is_tested():
    assert f"yaml-language-server {PINNED}" in PAGE
