"""Each command: what it prints, what it writes, what it refuses, and the exit code."""

import json
import shutil
from pathlib import Path

import pytest
from cli_runs import FAST, TABLES, read_csv, write_csv

EXAMPLE = Path(__file__).parents[2] / "experiments" / "drip.yaml"
SIMULATE = ("simulate", "drip.yaml", "--data", "sim", "--customers", "200")


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyse", "drip.yaml"),
        ("analyze",),
        ("analyze", "--foo", "drip.yaml"),
        ("validate",),
        ("simulate", "drip.yaml"),
        ("analyze", "drip.yaml", "drip.yaml"),
        ("simulate", "drip.yaml", "--data", "s", "--customers", "5"),
        ("simulate", "drip.yaml", "--data", "s", "--seed", "-1"),
        ("analyze", "drip.yaml", "-o", "a\x00b"),
    ],
    ids=" ".join,
)
def test_a_call_that_does_not_fit_is_a_usage_error(case, arguments):
    outcome = case.run(*arguments)
    assert (outcome.code, outcome.out, outcome.left) == (2, "", frozenset())
    assert "Error" in outcome.err or "which nobody sees; remove it" in outcome.err


def test_a_misspelt_command_is_answered_with_the_nearest(case):
    assert "analyze" in case.run("analyse", "drip.yaml").err


def test_help_names_every_command(case):
    outcome = case.run("--help")
    assert outcome.code == 0
    for command in ("analyze", "validate", "explain", "assign", "report", "simulate"):
        assert command in outcome.out


@pytest.mark.parametrize("command", ["analyze", "validate", "explain", "assign", "report", "simulate"])
def test_each_command_has_its_help(case, command):
    outcome = case.run(command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.strip()


@pytest.mark.parametrize("command", ["analyze", "explain", "assign", "validate"])
@pytest.mark.parametrize(
    ("definition", "word"),
    [
        ("drp.yaml", "did you mean 'drip.yaml'?"),
        (".", "is a folder"),
        ("x" * 300, "cannot be read"),
        ("no/a.yaml", "no such file"),
    ],
    ids=["misspelt", "folder", "long", "nowhere"],
)
def test_a_definition_that_cannot_be_read_is_a_usage_error(case, command, definition, word):
    case.refused(2, word, run=(command, definition))


def test_validate_says_what_is_valid_and_lists_what_is_not(case):
    (case.folder / "bad.yaml").write_text("name: x\nname: y\n")
    outcome = case.run("validate", "drip.yaml", "bad.yaml", "none.yaml")
    assert outcome.code == 2
    assert outcome.out == "drip.yaml: valid: arms biweekly (control), weekly; 2 metrics, primary: retained\n"
    assert "bad.yaml:2:1: " in outcome.err
    assert "none.yaml: no such file" in outcome.err
    assert outcome.left == frozenset()


def test_validate_reads_no_data(case):
    for path in case.folder.glob("*.csv"):
        path.unlink()
    assert case.run("validate", "drip.yaml").code == 0


def test_explain_speaks_of_all_parts_and_reads_no_data(case):
    for path in case.folder.glob("*.csv"):
        path.unlink()
    outcome = case.run("explain", "drip.yaml")
    assert (outcome.code, outcome.err) == (0, "")
    for word in ("biweekly (control)", "first_order_at < period.start", "2026-03-02", "7d", "35d", "retained", "ships"):
        assert word in outcome.out


def test_explain_sql_shows_parameters_and_computes_no_outcome(case, monkeypatch):
    from abtest.engines.duckdb.database import Database

    asked = []
    rows = Database.rows

    def watched(self, statement, label=""):
        asked.append(statement.text)
        return rows(self, statement, label)

    monkeypatch.setattr(Database, "rows", watched)
    outcome = case.run("explain", "drip.yaml", "--sql")
    assert (outcome.code, outcome.err, outcome.left) == (0, "", frozenset())
    assert '"y_retained"' in outcome.out
    assert "'biweekly'" in outcome.out
    assert not any("y_retained" in text for text in asked)
    assert not any("'weekly'" in line for line in outcome.out.splitlines() if not line.startswith("--"))


def test_explain_sql_prints_nothing_when_the_data_is_missing(case):
    (case.folder / "orders.csv").unlink()
    case.refused(3, "drip.yaml:12:", "no such file", run=("explain", "drip.yaml", "--sql"))


def test_assign_refuses_to_overwrite_and_says_how(case):
    before = (case.folder / "assignments.csv").read_bytes()
    case.refused(2, "assignments.csv: exists already", "--force", run=("assign", "drip.yaml"))
    assert (case.folder / "assignments.csv").read_bytes() == before


def test_assign_writes_eligible_customers_only_and_overwrites_by_force(case):
    outcome = case.run("assign", "drip.yaml", "--force")
    assert (outcome.code, outcome.err, outcome.left) == (0, "", {"assignments.csv.manifest.json"})
    header, *rows = read_csv(case.folder / "assignments.csv")
    assert header == ["customer_id", "variant", "assigned_at", "bucket"]
    assert len(rows) == 240
    assert {row[1] for row in rows} == {"biweekly", "weekly"}
    assert "9999" not in {row[0] for row in rows}


def test_assign_gives_the_same_bytes_again(case):
    case.run("assign", "drip.yaml", "-o", "one.csv")
    case.run("assign", "drip.yaml", "-o", "two.csv")
    assert (case.folder / "one.csv").read_bytes() == (case.folder / "two.csv").read_bytes()


@pytest.mark.parametrize("table", ["customers.csv", "orders.csv"])
def test_assign_never_overwrites_what_it_reads(case, table):
    before = (case.folder / table).read_bytes()
    case.refused(2, table, run=("assign", "drip.yaml", "-o", table, "--force"))
    assert (case.folder / table).read_bytes() == before


@pytest.mark.parametrize("output", ["x.txt", "no/where.csv", "x" * 300 + ".csv", "drip.yaml"])
def test_assign_refuses_a_place_it_cannot_write(case, output):
    case.refused(2, output[:40], run=("assign", "drip.yaml", "-o", output))


def test_assign_refuses_a_folder_in_place_of_its_file(case):
    (case.folder / "there.csv").mkdir()
    case.refused(2, "there.csv", run=("assign", "drip.yaml", "-o", "there.csv", "--force"))


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01"])
def test_assign_refuses_a_time_that_is_none(case, moment):
    case.refused(2, "--at", run=("assign", "drip.yaml", "-o", "a.csv", "--at", moment))


def test_assign_says_when_nobody_is_eligible(case):
    case.edit("drip.yaml", "first_order_at < period.start", "plan = 'gold'")
    case.refused(3, "population.eligible", "nobody to assign", run=("assign", "drip.yaml", "-o", "a.csv"))


def test_simulate_writes_tables_once_and_refuses_to_overwrite(case):
    shutil.copy(EXAMPLE, case.folder / "drip.yaml")
    outcome = case.run(*SIMULATE)
    assert (outcome.code, outcome.err) == (0, "")
    assert "unsubscribed" in outcome.out
    names = {"customers", "assignments", "orders", "sends", "unsubscribes"}
    assert outcome.left == {"sim", *(f"sim/{name}.parquet" for name in names)}
    before = {path.name: path.read_bytes() for path in (case.folder / "sim").iterdir()}
    case.refused(2, "exists already", "--force", run=SIMULATE)
    assert case.run(*SIMULATE, "--force").left == frozenset()
    assert {path.name: path.read_bytes() for path in (case.folder / "sim").iterdir()} == before


def test_simulate_writes_nothing_when_one_table_is_in_the_way(case):
    shutil.copy(EXAMPLE, case.folder / "drip.yaml")
    (case.folder / "sim").mkdir()
    (case.folder / "sim" / "sends.parquet").write_text("mine")
    case.refused(2, "sends.parquet: exists already", run=SIMULATE)
    assert (case.folder / "sim" / "sends.parquet").read_text() == "mine"


def test_simulate_refuses_a_file_in_place_of_its_folder(case):
    shutil.copy(EXAMPLE, case.folder / "drip.yaml")
    (case.folder / "sim").write_text("mine")
    case.refused(2, "sim", run=SIMULATE)


def test_simulate_needs_two_cadences(case):
    case.refused(2, "drip.yaml:6:3: arms: simulate needs two arms, each with a cadence", run=SIMULATE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"x",
        b"NaN",
        b"\x00",
        b'"\\ud800"',
        b'{"schema_version": "1"}',
        b"\xff\xfe",
        b'{"schema_version": 1e400}',
        b'{"schema_version": "1", "experiment": {"name": "../../x"}}',
    ],
)
def test_a_broken_results_file_is_refused(case, content):
    (case.folder / "results.json").write_bytes(content)
    outcome = case.run("report", "results.json", "-o", "out")
    assert outcome.code in {2, 3}
    assert outcome.err.startswith("results.json: ")
    assert (outcome.out, outcome.left) == ("", frozenset())
    assert outcome.err.count("\n") == 1


def test_a_results_file_nested_without_end_is_refused(case):
    (case.folder / "results.json").write_text("[" * 100_000)
    case.refused(3, "results.json: ", run=("report", "results.json"))


def test_results_of_another_version_are_told_to_be_analysed_again(case):
    (case.folder / "results.json").write_text('{"schema_version": "99"}')
    case.refused(3, "version 99", "again", run=("report", "results.json"))


@pytest.mark.parametrize(
    ("path", "word"), [("none.json", "no such file"), (".", "is a folder"), ("x" * 300, "cannot be read")]
)
def test_results_that_cannot_be_read_are_a_usage_error(case, path, word):
    case.refused(2, word, run=("report", path))


def test_a_file_in_place_of_the_output_folder_is_refused_before_the_work(case):
    (case.folder / "out").write_text("mine")
    (case.folder / "orders.csv").unlink()
    case.refused(2, "out", "choose another output folder")
    case.refused(2, "out/a/b", run=("analyze", "drip.yaml", "-o", "out/a/b", "--no-report"))
    assert (case.folder / "out").read_text() == "mine"


def test_an_output_folder_that_no_disk_can_hold_is_refused(case):
    case.refused(2, "x" * 40, run=("analyze", "drip.yaml", "-o", "x" * 300, "--no-report"))


def test_a_folder_in_place_of_an_output_file_is_refused_and_kept(case):
    (case.folder / "out" / "results.json").mkdir(parents=True)
    case.refused(2, "results.json")
    assert (case.folder / "out" / "results.json").is_dir()


@pytest.mark.parametrize("moment", ["soon", "", "-1", "1.5", "9" * 30, "²"])
def test_a_fixed_time_that_is_none_is_a_usage_error(case, monkeypatch, moment):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
    case.refused(2, "SOURCE_DATE_EPOCH")


def test_results_say_what_was_analysed(case):
    result = json.loads(case.run(*FAST, "--json").out)
    assert result["experiment"]["name"] == "small"
    assert [(source["name"], source["rows"]) for source in result["data"]["sources"][:2]] == [
        ("customers", 241),
        ("assignments", 240),
    ]


def test_no_customers_id_is_in_any_output(case):
    for table in TABLES:
        header, *rows = read_csv(case.folder / f"{table}.csv")
        write_csv(case.folder / f"{table}.csv", [header, *([f"zq{row[0]}", *row[1:]] for row in rows)])
    printed = case.run(*FAST, "--json").out + case.run(*FAST).out + case.run("explain", "drip.yaml", "--sql").out
    assert "retained" in printed
    assert "zq0" not in printed
    assert "zq0" not in (case.folder / "out" / "results.json").read_text()
