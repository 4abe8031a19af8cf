"""Commands on Spark: every one that opens the data takes its engine from the options, else from the definition."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
import spark_base  # noqa: F401 - skips without Spark

from abtest import analyze, assign, load
from abtest.cli import main
from abtest.errors import DataError

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from cli_runs import write_experiment

ON_SPARK = ("--engine", "spark")


@pytest.fixture(scope="module")
def written(session, tmp_path_factory) -> Path:
    """Write the small experiment; its orders are a table of the catalogue, and no file."""
    folder = tmp_path_factory.mktemp("commands")
    write_experiment(folder, customers=60)
    with (folder / "orders.csv").open(newline="") as file:
        rows = [(row["customer_id"], row["ordered_at"], float(row["amount"])) for row in csv.DictReader(file)]
    session.sql("CREATE DATABASE IF NOT EXISTS commands")
    frame = session.createDataFrame(rows, "customer_id STRING, ordered_at STRING, amount DOUBLE")
    frame.selectExpr("customer_id", "CAST(ordered_at AS TIMESTAMP) AS ordered_at", "amount").write.mode(
        "overwrite"
    ).saveAsTable("commands.orders")
    (folder / "files.yaml").write_text((folder / "drip.yaml").read_text())
    text = (folder / "drip.yaml").read_text().replace("{path: orders.csv,", "{table: commands.orders,")
    (folder / "drip.yaml").write_text(text)
    return folder


@pytest.fixture
def command(written, tmp_path, monkeypatch, capsys):
    """Return what runs a command in a copy of the folder and returns its exit code, output and errors."""
    folder = shutil.copytree(written, tmp_path / "case")
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["abtest", *arguments])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        return (code, *capsys.readouterr())

    return run


def test_an_option_makes_a_table_of_the_catalogue_readable_and_results_name_it_without_a_path(command):
    code, out, err = command("analyze", "drip.yaml", *ON_SPARK, "--no-report", "--json", "-o", "out")
    assert (code, err) == (0, "")
    found = json.loads(out)
    source = next(source for source in found["data"]["sources"] if source["name"] == "orders")
    assert (source["path"], source["fingerprint"]) == (None, "catalogue")
    expected = analyze(load("files.yaml"))
    assert source["rows"] == next(source.rows for source in expected.data.sources if source.name == "orders")
    assert found["metrics"] == json.loads(expected.to_json())["metrics"]


def test_the_definition_chooses_the_engine_too_and_a_look_at_the_data_sees_the_table(command):
    with Path("drip.yaml").open("a") as file:
        file.write("engine: spark\n")
    code, out, err = command("validate", "drip.yaml", "--data")
    assert (code, err) == (0, "")
    assert "orders: commands.orders: " in out
    assert "customer_id (id, text), ordered_at (time, instant)" in out


def test_a_lock_looks_into_the_catalogue(command):
    code, out, err = command("lock", "drip.yaml", *ON_SPARK)
    assert code == 0
    assert "drip.lock: locked small" in out
    assert "outcome data exists already (last event 2026-05-" in err


def test_arms_are_drawn_alike(command):
    drawn = assign(load("files.yaml"), "duckdb.csv")
    code, out, _ = command("assign", "drip.yaml", *ON_SPARK, "-o", "spark.csv")
    assert code == 0
    assert ", ".join(f"{arm} {count}" for arm, count in drawn.arms.items()) in out
    assert Path("spark.csv").read_text() == Path("duckdb.csv").read_text()


def test_the_queries_are_printed_with_the_functions_of_the_engine(command):
    code, out, _ = command("explain", "drip.yaml", "--sql", *ON_SPARK)
    assert code == 0
    assert "CREATE OR REPLACE TEMPORARY FUNCTION parse_number" in out
    assert "CREATE MACRO" not in out
    assert 'FROM "raw_orders"' in out


@pytest.mark.usefixtures("session")
def test_a_table_that_is_not_there_is_said_with_its_place():
    definition = {
        "name": "gate",
        "data": {"customers": {"table": "commands.nowhere", "arm": "version"}},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {"kept": {"role": "primary", "type": "column"}},
        "engine": "spark",
    }
    with pytest.raises(DataError, match=r"data\.customers\.table: commands\.nowhere: Spark's catalogue has no such"):
        analyze(load(definition))
