"""Which engine is opened: the options of all commands that open the data, over what the definition says."""

from pathlib import Path

import pytest
import typer
from cli_runs import DEFINITION
from typer.testing import CliRunner

from abtest import load
from abtest.cli import analyze, assign, explain, lock, validate
from abtest.cli.engine_options import Given
from abtest.definition.load import Experiment
from abtest.engines import DuckDB
from abtest.engines.options import Limits
from abtest.errors import UsageError

COMMANDS = {"analyze": analyze, "assign": assign, "explain": explain, "lock": lock, "validate": validate}
OPTIONS = (
    "--engine",
    "--spark-master",
    "--spark-remote",
    "--allow-remote",
    "--memory-limit",
    "--threads",
    "--temp-dir",
)
MASTER = "engine: spark\nspark: {master: yarn}\n"
CHOICES = [
    ("", {}, ("duckdb", None, None)),
    ("engine: duckdb\n", {"engine": "spark"}, ("spark", None, None)),
    (MASTER, {"allow_remote": True}, ("spark", "yarn", None)),
    (MASTER, {"engine": "spark", "allow_remote": True}, ("spark", "yarn", None)),
    (MASTER.replace("yarn", "'local[2]'"), {}, ("spark", "local[2]", None)),
    (MASTER, {"spark_master": "yarn"}, ("spark", "yarn", None)),
    (MASTER, {"spark_master": "local[2]"}, ("spark", "local[2]", None)),
    (MASTER, {"spark_remote": "sc://host"}, ("spark", None, "sc://host")),
    (MASTER, {"engine": "duckdb"}, ("duckdb", None, None)),
    ("", {"engine": "spark", "spark_remote": "sc://host"}, ("spark", None, "sc://host")),
]


def experiment(folder: Path, more: str = "") -> Experiment:
    (folder / "drip.yaml").write_text(DEFINITION + more)
    return load(folder / "drip.yaml")


@pytest.mark.parametrize(("more", "said", "expected"), CHOICES)
def test_the_command_line_goes_before_the_definition_and_spark_runs_in_one_place(tmp_path, more, said, expected):
    found = Given(said).choice().resolved(experiment(tmp_path, more).definition)
    assert (found.name, getattr(found, "master", None), getattr(found, "remote", None)) == expected


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "lock"])
def test_no_command_follows_a_definition_to_another_machine(case, name):
    address = "sc://127.0.0.1:1/;token=secret"
    (case.folder / "drip.yaml").write_text(f"{DEFINITION}engine: spark\nspark: {{remote: '{address}'}}\n")
    outcome = case.run(*LOOKS[name])
    assert outcome.code == 2
    assert "spark.remote: the definition leads to sc://127.0.0.1:1, and" in outcome.err
    assert "--allow-remote" in outcome.err
    assert "secret" not in outcome.err


def test_an_address_of_spark_for_duckdb_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"^--spark-master: .* is duckdb; choose the spark engine \(--engine spark\)"):
        Given({"spark_master": "yarn"}).choice().open(experiment(tmp_path).definition)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_opens_the_data_has_the_same_options(name):
    app = typer.Typer()
    app.command()(COMMANDS[name].command)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert [option for option in OPTIONS if option not in shown] == []


LOOKS = {
    "analyze": ("analyze", "drip.yaml", "--no-report"),
    "assign": ("assign", "drip.yaml", "-o", "arms.csv"),
    "explain": ("explain", "drip.yaml", "--sql"),
    "lock": ("lock", "drip.yaml"),
    "validate": ("validate", "drip.yaml", "--data"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_limits_that_cannot_be_are_refused_by_every_command(case, name):
    case.refused(2, "memory limit: must be an amount such as 4GB", run=(*LOOKS[name], "--memory-limit", "lots"))


@pytest.mark.parametrize("name", LOOKS)
def test_limits_hold_for_every_command(case, name, monkeypatch):
    given = []
    opened = DuckDB.open
    monkeypatch.setattr(DuckDB, "open", lambda asked, *more: given.append(asked.limits) or opened(asked, *more))
    assert case.run(*LOOKS[name], "--memory-limit", "1GB", "--threads", "1").code == 0
    assert given == [Limits("1GB", 1, None)]


@pytest.mark.parametrize("name", [name for name in LOOKS if name not in {"assign", "lock"}])
def test_a_table_of_a_catalogue_needs_spark_and_the_error_says_where_and_how(case, name):
    case.edit("drip.yaml", "{path: orders.csv,", "{table: shop.orders,")
    outcome = case.run(*LOOKS[name])
    assert outcome.code == 3
    assert "drip.yaml:12:11: data.orders.table: shop.orders: " in outcome.err
    assert "add `engine: spark`, or give a file" in outcome.err


def test_a_lock_says_that_it_could_not_look(case):
    case.edit("drip.yaml", "{path: orders.csv,", "{table: shop.orders,")
    outcome = case.run("lock", "drip.yaml")
    assert (outcome.code, outcome.left) == (0, {"drip.lock"})
    assert "whether outcome data exists already cannot be told: drip.yaml:12:11: data.orders" in outcome.err
    assert "add `engine: spark`" in outcome.err


@pytest.mark.parametrize(("name", "option"), [("explain", "--sql"), ("validate", "--data")])
def test_options_of_an_engine_that_would_not_run_are_refused(case, name, option):
    given = ("--engine", "spark", "--memory-limit", "1GB")
    expected = f"--engine, --memory-limit: without {option} no data are read; add {option}, or leave it out"
    case.refused(2, expected, run=(name, "drip.yaml", *given))
