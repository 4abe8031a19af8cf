"""A few commands at the edges of a process; all of them at all edges: ``python tests/edges``."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from edge_matrix import ALL
from edge_runs import DONE, GONE, PYTHON, REFUSED, SHORT, Edge, Outcome, run, write_experiment

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the edges are those of Linux")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edges")
    write_experiment(folder)
    folder.chmod(0o755)  # copies are as open as this
    return folder


def at(source: Path, place: Path, command: str, edge: str) -> Outcome:
    """Run a command at an edge and claim what holds at all of them."""
    outcome = run(command, ALL[edge], source, place / "run")
    assert list(outcome.faults(ALL[edge])) == [], outcome
    return outcome


@pytest.mark.parametrize("command", ["compare", "validate", "lock", "analyze json"])
def test_a_command_without_streams_does_its_work(source, tmp_path, command):
    outcome = at(source, tmp_path, command, "all streams closed")
    assert outcome.code == DONE


def test_what_is_printed_never_lands_in_a_file_that_took_a_closed_stream_s_number(source, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770000000")  # the arms' manifest says when they were drawn
    ordinary = run("assign", Edge(), source, tmp_path / "ordinary")
    closed = at(source, tmp_path, "assign", "all streams closed")
    assert closed.left == ordinary.left


@pytest.mark.parametrize("command", ["help", "version", "schema", "compare"])
def test_an_output_that_is_lost_is_an_error_with_its_cause_and_cure(source, tmp_path, command):
    outcome = at(source, tmp_path, command, "stdout full")
    assert outcome.err == ("stdout: the output cannot be written: No space left on device; send it to another place\n")


def test_files_that_are_written_stay_although_nobody_can_be_told(source, tmp_path):
    assert "arms.csv" in at(source, tmp_path, "assign", "both full").left


def test_a_full_stderr_is_no_reason_to_fail(source, tmp_path):
    assert at(source, tmp_path, "validate data", "stderr full").code == DONE


@pytest.mark.parametrize("command", ["schema", "explain sql"])
def test_a_reader_that_has_seen_enough_is_no_error(source, tmp_path, command):
    outcome = at(source, tmp_path, command, "reader gone")
    assert outcome.code in {DONE, GONE}
    assert outcome.err == ""


@pytest.mark.parametrize(
    ("command", "edge", "cure"),
    [
        ("compare", "ulimit -v 100000", "ulimit -v"),
        ("compare", "ulimit -v 200000", "ulimit -v"),
        ("report", "ulimit -v 200000", "ulimit -v"),
        ("validate data", "ulimit -v 300000", "ulimit -v"),
        ("analyze json", "ulimit -v 800000", "ulimit -v"),
        ("simulate", "ulimit -d 50000", "ulimit -d"),
        ("report", "ulimit -s 100", "ulimit -s"),
        ("retention", "ulimit -n 8", "ulimit -n"),
    ],
)
def test_what_is_not_granted_is_named_with_the_option_that_grants_it(source, tmp_path, command, edge, cure):
    outcome = at(source, tmp_path, command, edge)
    assert outcome.code == SHORT
    assert cure in outcome.err
    assert len(outcome.err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="it takes the superuser")
@pytest.mark.parametrize("command", ["validate data", "report"])
def test_threads_that_cannot_be_had_are_no_interruption_and_no_bug(source, command):
    # A folder of pytest's is closed to the user that the edge makes of us.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        outcome = at(source, Path(place), command, "ulimit -u 1")
    assert outcome.code == SHORT
    assert outcome.err == "no more threads can be started; allow more (`ulimit -u`, the limit of the container)\n"


@pytest.mark.parametrize("edge", [name for name in ALL if name.startswith("COLUMNS=")])
def test_a_width_that_no_terminal_has_is_not_filled_with_blanks(source, tmp_path, edge):
    assert len(at(source, tmp_path, "help", edge).out) < 200_000


@pytest.mark.parametrize(
    "edge", ["warnings are errors", "a backend that is not there", "no HOME", "ASCII streams", "no docstrings"]
)
def test_variables_that_are_meant_for_others_do_not_rule(source, tmp_path, edge):
    assert at(source, tmp_path, "retention", edge).code == DONE


@pytest.mark.parametrize("edge", [name for name in ALL if name.startswith("SOURCE_DATE_EPOCH=")])
def test_a_source_date_that_is_no_number_is_refused_by_every_command(source, tmp_path, edge):
    outcome = at(source, tmp_path, "compare", edge)
    assert outcome.code == REFUSED
    assert outcome.err.startswith("SOURCE_DATE_EPOCH must be a number of seconds since 1970, got '")
    assert len(outcome.err) < 150


@pytest.mark.parametrize("command", ["compare", "report"])
def test_modules_in_the_current_folder_are_not_run(source, tmp_path, command):
    assert "ran" not in at(source, tmp_path, command, "a stranger's modules").left


@pytest.mark.parametrize("edge", ["a stranger's settings", "settings that never come", "settings without end"])
def test_settings_of_drawing_in_the_current_folder_are_not_read(source, tmp_path, edge):
    ordinary = run("retention", Edge(), source, tmp_path / "ordinary")
    assert at(source, tmp_path, "retention", edge).left["kept/triangle.png"] == ordinary.left["kept/triangle.png"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="it takes strace")
@pytest.mark.parametrize("command", [("report", "results.json", "-o", "out"), ("validate", "drip.yaml", "--data")])
def test_nothing_is_written_outside_of_the_output_and_the_temporary_folder(source, tmp_path, command):
    folder, temporary, home = (tmp_path / name for name in ("run", "temporary", "home"))
    shutil.copytree(source, folder)
    temporary.mkdir()
    home.mkdir()
    log = tmp_path / "log"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=openat,creat,mkdir,mkdirat,rename,renameat,renameat2,symlink,link",
         "-o", str(log), PYTHON, "-m", "abtest", *command],
        cwd=folder,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
    )  # fmt: skip
    written = [
        line
        for line in log.read_text().splitlines()
        if " = -1 " not in line and any(sign in line for sign in ("O_CREAT", "mkdir", "rename", "link("))
    ]
    assert [line for line in written if f'"{temporary}' not in line and '/out' not in line and '"out' not in line
            and ".abtest-" not in line] == []  # fmt: skip
    assert list(home.rglob("*")) == []
    assert list(temporary.iterdir()) == []
