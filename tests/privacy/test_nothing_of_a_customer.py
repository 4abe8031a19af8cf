"""README: "Reports and error messages hold counts and shapes, never a customer's value." Every command, every fault."""

import contextlib
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from faults import FAULTS, SECRETS, edited, tables, written

import abtest
from abtest.cli import app
from abtest.errors import AbtestError

COMMANDS: dict[str, Sequence[str]] = {
    "analyze": ("analyze", "d.yaml", "-o", "out", "--no-report"),
    "analyze as JSON": ("analyze", "d.yaml", "-o", "out", "--no-report", "--json"),
    "validate --data": ("validate", "d.yaml", "--data"),
    "validate --data as JSON": ("validate", "d.yaml", "--data", "--json"),
    "explain --sql": ("explain", "d.yaml", "--sql"),
    "lock": ("lock", "d.yaml", "-o", "d.lock"),
    "init": (
        "init",
        "--from",
        "{customers}",
        "--assignments",
        "{assignments}",
        "--orders",
        "{orders}",
        "-o",
        "new.yaml",
    ),
    "init of one table": ("init", "--from", "{customers}", "--arm", "email", "-o", "one.yaml"),
    "retention": ("retention", "{orders}", "--unit", "customer_id", "--at", "ordered_at", "-o", "kept", "--no-report"),
}


AS_JSON = {"analyze as JSON", "validate --data as JSON"}
PRINTED = {"analyze", "validate --data"}


def leaks(text: str) -> list[str]:
    """Return the planted facts that stand in a text; the time of the run, which a lock tells, may be one by chance."""
    text = re.sub(rf"{dt.datetime.now(dt.UTC):%Y-%m-%d}[T ][0-9:]+", "", text).casefold()
    return [secret for secret in SECRETS if secret.casefold() in text]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield tmp_path
    assert list(temporary.iterdir()) == []


def run(command: Sequence[str]) -> tuple[str, BaseException | None]:
    """Run a command in this process; return all that it printed, and the error that it ended with."""
    paths = {"customers": "customers.csv", "assignments": "assignments.csv", "orders": "orders.csv"}
    paths = {name: next((str(path) for path in Path().glob(f"{name}.*")), usual) for name, usual in paths.items()}
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            app([part.format(**paths) for part in command], standalone_mode=False)
        except (Exception, SystemExit) as caught:
            error = caught
    return out.getvalue(), error


def everything(error: BaseException | None) -> str:
    """Return whatever a notebook could print of an error: its text, its traceback, and what stands behind it."""
    texts = []
    while error is not None:
        # The source lines of a traceback are ours.
        frames = "".join(traceback.format_exception_only(error))
        texts.append(f"{frames}{error!s}{error.args!r}")
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_command_tells_anything_of_a_customer(fault, here):
    FAULTS[fault](here)
    given = {path.relative_to(here) for path in here.rglob("*")}
    other = list(FAULTS).index(fault) % 2  # every second fault as JSON, for time
    for name, command in COMMANDS.items():
        if name in (PRINTED if other else AS_JSON):
            continue
        told, error = run(command)
        assert leaks(told) == [], name
        assert isinstance(error, AbtestError | SystemExit | None) or type(error).__name__ == "Exit", (name, error)
        assert leaks(everything(error)) == [], name
    for path in here.rglob("*"):
        if path.relative_to(here) not in given and path.is_file():
            assert leaks(path.read_text()) == [], path


def test_the_table_of_faults_is_long_and_each_is_one(here):
    assert len(FAULTS) >= 60
    refused = 0
    for number, fault in enumerate(list(FAULTS.values())[::7]):
        folder = here / str(number)
        folder.mkdir()
        os.chdir(folder)
        fault(folder)
        refused += run(COMMANDS["analyze"])[1] is not None
    os.chdir(here)
    assert refused >= 5


def test_reports_hold_nothing_of_a_customer_in_any_format(here):
    written(here, tables())
    edited(here, "metrics:\n", "segments: [country, email]\nmetrics:\n")
    told, _ = run(("analyze", "d.yaml", "-o", "out"))
    assert leaks(told) == []
    assert (here / "out/planted.pdf").exists()
    for path in (here / "out").iterdir():
        assert leaks(path.read_bytes().decode("latin-1")) == [], path
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "out/planted.pdf", "-"], capture_output=True, check=True).stdout.decode()
        assert "planted" in text
        assert leaks(text) == []


def test_the_tables_of_retention_hold_nothing_of_a_customer(here):
    written(here, tables())
    told, error = run(("retention", "orders.csv", "--unit", "customer_id", "--at", "ordered_at", "-o", "kept"))
    assert error is None
    assert leaks(told) == []
    for path in (here / "kept").iterdir():
        assert leaks(path.read_bytes().decode("latin-1")) == [], path


@pytest.mark.parametrize(
    "fault", ["bytes that are no UTF-8", "JSON cut in a line", "an e-mail as arm", "Parquet without a header"]
)
def test_an_error_in_a_notebook_has_no_engine_behind_it(fault, here):
    FAULTS[fault](here)
    with pytest.raises(AbtestError) as caught:
        abtest.analyze(abtest.load("d.yaml"))
    behind: BaseException | None = caught.value
    while behind is not None:
        assert not isinstance(behind, duckdb.Error)
        behind = behind.__cause__ or behind.__context__
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_a_bug_is_told_by_its_place_and_not_by_its_words(here, monkeypatch, capsys):
    from abtest import cli

    written(here, tables())
    monkeypatch.setattr("sys.argv", ["abtest", "validate", "d.yaml"])
    monkeypatch.setattr("abtest.definition.load.load_either", lambda _: {}[SECRETS[1]])
    with pytest.raises(SystemExit) as left:
        cli.main()
    told = capsys.readouterr().err
    assert left.value.code == 1
    assert "KeyError" in told
    assert re.search(r"validate\.py:[0-9]+", told)
    assert leaks(told) == []
