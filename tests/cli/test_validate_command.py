"""``abtest validate``: the file alone, its warnings, its JSON, and a look at the data that computes no outcome."""

import json
import sqlite3

import pytest
from cli_runs import read_csv, write_csv


def looked(case, *arguments):
    outcome = case.run("validate", "drip.yaml", "--data", *arguments)
    assert outcome.left == frozenset()
    return outcome


def report(case, *arguments):
    outcome = case.run("validate", "drip.yaml", "--json", *arguments)
    return outcome.code, json.loads(outcome.out)[0]


def test_every_problem_comes_at_once_in_file_order_with_its_place_underlined(case):
    case.edit("drip.yaml", "{name: weekly}", "{name: weekly, weight: -3}")
    case.edit("drip.yaml", "value: amount", "valeu: amount")
    case.edit(
        "drip.yaml", "role: primary, type: retention, event: orders", "role: primary, type: retention, event: ordrs"
    )
    outcome = case.run("validate", "drip.yaml")
    assert outcome.code == 2
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    places = [line for line in lines if line.startswith("drip.yaml:")]
    assert [line.split(": ")[1] for line in places] == ["arms[1].weight", "data.orders.valeu", "metrics.retained.event"]
    assert places[0] == "drip.yaml:7:28: arms[1].weight: must be greater than 0 (got -3)"
    assert lines[2] == "7 |   - {name: weekly, weight: -3}"
    assert lines[3] == "  | " + " " * 27 + "^^"
    assert lines[-1] == "3 errors"


def test_json_gives_editors_the_same(case):
    case.edit("drip.yaml", "{name: weekly}", "{name: weekly, weight: -3}")
    code, found = report(case)
    assert code == 2
    assert found["valid"] is False
    assert found["diagnostics"] == [
        {
            "severity": "error",
            "code": "wrong-value",
            "file": "drip.yaml",
            "line": 7,
            "column": 28,
            "end_column": 30,
            "key": "arms[1].weight",
            "message": "must be greater than 0 (got -3)",
        }
    ]


def test_a_warning_has_a_code_which_the_file_can_silence_and_strict_makes_it_count(case):
    case.edit("drip.yaml", "end: 2026-04-12", "end: 2026-04-10")
    outcome = case.run("validate", "drip.yaml")
    assert outcome.code == 0
    assert "valid" in outcome.out
    assert "[partial-weeks]" in outcome.err
    assert case.run("validate", "drip.yaml", "--strict").code == 2
    assert report(case)[1]["diagnostics"][0]["code"] == "partial-weeks"
    case.append("drip.yaml", "ignore: [partial-weeks]")
    silenced = case.run("validate", "drip.yaml", "--strict")
    assert silenced.code == 0
    assert silenced.err == ""


def test_a_misspelt_code_to_silence_is_an_error_with_the_nearest(case):
    case.append("drip.yaml", "ignore: [partial-week]")
    assert "did you mean 'partial-weeks'?" in case.refused(2, run=("validate", "drip.yaml"))


def test_several_files_are_all_checked(case):
    (case.folder / "other.yaml").write_text("name: x\n")
    outcome = case.run("validate", "other.yaml", "drip.yaml", "missing.yaml")
    assert outcome.code == 2
    assert "drip.yaml: valid" in outcome.out
    assert "other.yaml:1:1" in outcome.err
    assert "missing.yaml: no such file" in outcome.err


def test_the_data_are_described_without_any_outcome(case):
    outcome = looked(case)
    assert outcome.code == 0, outcome
    for words in (
        "customers: customers.csv: 241 rows, 241 ids",
        "assignments: assignments.csv: 240 rows, 240 ids",
        "variant (arm, text)",
        "times: 2026-03-02 10:00 to 2026-03-21 10:00 (Europe/Helsinki)",
        "arms: biweekly 120 units, weekly 120 units",
        "can be counted: 240 units",
        "of people who are not assigned: 0 rows (0.0%)",
    ):
        assert words in outcome.out
    _, found = report(case, "--data")
    text = json.dumps(found["data"])
    # Only the assignments are split by arm: no rate, mean or count of events by arm can be read from it.
    assert [set(arm) for arm in found["data"]["arms"]] == [{"name", "rows", "units"}] * 2
    assert "retained" not in text
    assert {table["name"] for table in found["data"]["tables"]} == {"customers", "assignments", "orders"}


def test_the_figures_of_the_look_are_those_of_the_files(case):
    _, found = report(case, "--data")
    tables = {table["name"]: table for table in found["data"]["tables"]}
    rows = read_csv(case.folder / "orders.csv")[1:]
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE orders (unit TEXT, at TEXT, amount TEXT)")
    database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    count, units, last = database.execute("SELECT count(*), count(DISTINCT unit), max(at) FROM orders").fetchone()
    assert (tables["orders"]["rows"], tables["orders"]["units"]) == (count, units)
    assert tables["orders"]["last"] == last.replace("12:00:00Z", "15:00:00+03:00")
    assert tables["orders"]["unmatched"] == 0


def test_problems_of_all_tables_come_at_once(case):
    (case.folder / "customers.csv").unlink()
    case.rename_column("assignments", "variant", "arm_name")
    case.append("orders.csv", "0001,2026-03-05T10:00:00Z,many")
    outcome = looked(case)
    assert outcome.code == 3
    assert "valid" in outcome.out
    for words in ("no such file: customers.csv", "no column 'variant' in assignments.csv"):
        assert words in outcome.err
    assert "many" not in outcome.err


def test_arms_that_do_not_fit_are_named_both_ways(case):
    path = case.folder / "assignments.csv"
    header, *rows = read_csv(path)
    write_csv(path, [header, *([unit, "weekly" if arm == "weekly" else "other", at] for unit, arm, at in rows)])
    outcome = looked(case)
    assert outcome.code == 3
    assert "the arm 'biweekly' does not occur" in outcome.err
    assert "have an arm that the definition lacks: 'other'" in outcome.err


def test_ids_that_are_written_otherwise_are_noticed(case):
    path = case.folder / "orders.csv"
    header, *rows = read_csv(path)
    write_csv(path, [header, *([f"C{unit}", *rest] for unit, *rest in rows)])
    outcome = looked(case)
    assert outcome.code == 3
    assert "none of the" in outcome.err
    assert "check how ids are written" in outcome.err


def test_repeated_and_conflicting_customers_are_counted(case):
    case.append("customers.csv", "0001,2026-09-01T10:00:00Z,pro,1", "0002,2025-03-11T10:00:00Z,free,2")
    assert "customers have several rows that disagree" in looked(case).out


def test_data_that_end_too_early_for_the_window_are_a_warning(case):
    path = case.folder / "orders.csv"
    header, *rows = read_csv(path)
    write_csv(
        path,
        [header, *([unit, at.replace("2026-05", "2026-03").replace("2026-04", "2026-03"), v] for unit, at, v in rows)],
    )
    outcome = looked(case)
    assert "[window-longer-than-data]" in outcome.err


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[]", b"a: [", b"\t- x"])
def test_a_file_that_is_no_definition_is_refused_as_json_too(case, content):
    (case.folder / "drip.yaml").write_bytes(content)
    code, found = report(case, "--data")
    assert code == 2
    assert found["diagnostics"][0]["line"] == 1


def test_a_library_is_checked_alone(case):
    library = case.folder / "library.yaml"
    library.write_text("metrics:\n  kept: {type: retention, event: orders, window: [28d, 56d]}\n")
    assert "valid library: 1 metrics" in case.run("validate", "library.yaml").out
    library.write_text("metrics:\n  kept: {type: retention, evnt: orders, window: [28d, 56d]}\n")
    outcome = case.run("validate", "library.yaml")
    assert outcome.code == 2
    assert "library.yaml:2:27: metrics.kept.evnt: unknown key; did you mean 'event'?" in outcome.err
