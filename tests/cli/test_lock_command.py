"""``abtest lock``: what it writes, what it refuses, and what analyses say of it afterwards."""

import errno
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_runs import Case, process, read_csv, write_csv

LOCK = ("lock", "drip.yaml")
CHECK = ("lock", "drip.yaml", "--check")
WIDE = """\
name: gate
data: {customers: {path: players.csv, arm: version}}
arms: [{name: gate_30, control: true}, {name: gate_40}]
metrics: {retention_7: {role: primary, type: column}}
"""


def content(case: Case, name: str = "drip.lock") -> dict:
    return json.loads((case.folder / name).read_text(encoding="utf-8"))


def experiment(case: Case) -> dict:
    """Return what an analysis says of its experiment."""
    outcome = case.run("analyze", "drip.yaml", "-o", "out", "--no-report", "--quiet")
    assert outcome.code == 0, outcome
    return json.loads((case.folder / "out/results.json").read_text(encoding="utf-8"))["experiment"]


@pytest.fixture
def unseen(case):
    """Return the experiment before its start: nothing but the definition is there."""
    for name in ("customers", "assignments", "orders"):
        (case.folder / f"{name}.csv").unlink()
    return case


def test_a_definition_is_locked_before_there_is_data(unseen, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772355120")
    outcome = unseen.run(*LOCK)
    assert (outcome.code, outcome.err, outcome.left) == (0, "", {"drip.lock"})
    lock = content(unseen)
    assert outcome.out == f"drip.lock: locked small on 2026-03-01 08:52 UTC, sha256 {lock['sha256']}\n"
    assert lock["locked_at"] == "2026-03-01T08:52:00+00:00"
    assert (lock["git"], lock["outcome_data"]) == (None, {"seen": False, "last_event": None})
    assert unseen.run(*CHECK).out == "locked on 2026-03-01 08:52 UTC, 0 deviations\n"


def test_two_runs_at_one_time_write_the_same_bytes(unseen, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772355120")
    unseen.run(*LOCK)
    unseen.run(*LOCK, "-o", "other.lock")
    assert (unseen.folder / "drip.lock").read_bytes() == (unseen.folder / "other.lock").read_bytes()


def test_an_equal_definition_is_already_locked_and_the_lock_stays(unseen, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772355120")
    unseen.run(*LOCK)
    before = (unseen.folder / "drip.lock").read_bytes()
    unseen.append("drip.yaml", "# a remark", "version: 1")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772955120")
    for arguments in (LOCK, (*LOCK, "--force")):
        outcome = unseen.run(*arguments)
        assert outcome.code == 0
        assert outcome.out.startswith("drip.lock: already locked on 2026-03-01 08:52 UTC, sha256 ")
        assert (unseen.folder / "drip.lock").read_bytes() == before


def test_a_lock_of_another_definition_is_replaced_only_by_force(unseen):
    unseen.run(*LOCK)
    before = (unseen.folder / "drip.lock").read_bytes()
    unseen.edit("drip.yaml", "[7d, 35d]", "[7d, 28d]")
    unseen.refused(2, "drip.lock: locked on", "1 deviation since", "--check", "--force", run=LOCK)
    assert (unseen.folder / "drip.lock").read_bytes() == before
    assert unseen.run(*LOCK, "--force").code == 0
    assert unseen.run(*CHECK).code == 0


def test_check_lists_the_deviations_with_their_places_and_exits_with_2(unseen):
    unseen.run(*LOCK)
    unseen.edit("drip.yaml", "event: orders, window: [7d, 35d]", "event: orders, window: [7d, 28d]")
    unseen.edit("drip.yaml", "name: weekly", "name: weekly, cadence: 7d")
    text = (unseen.folder / "drip.yaml").read_text()
    outcome = unseen.run(*CHECK)
    assert (outcome.code, outcome.err, outcome.left) == (2, "", set())
    first, *rest = outcome.out.splitlines()
    assert re.fullmatch(r"locked on \d{4}-\d\d-\d\d \d\d:\d\d UTC, 2 deviations", first)
    places = [line.split(": ")[0].split(":") for line in rest]
    assert [line.split(": ", 1)[1] for line in rest] == [
        "arms[weekly].cadence: added: 7d",
        "metrics.retained.window: [7d, 35d] → [7d, 28d]",
    ]
    for (file, line, column), start in zip(places, ("cadence: 7d", "window: [7d"), strict=True):
        assert file == "drip.yaml"
        assert text.splitlines()[int(line) - 1][int(column) - 1 :].startswith(start)


def test_check_without_a_lock_or_with_force_is_refused(unseen):
    unseen.refused(2, "drip.lock: no such lock", "abtest lock drip.yaml", run=CHECK)
    unseen.refused(2, "--force has no meaning", run=(*CHECK, "--force"))


def test_the_lock_can_lie_elsewhere_but_not_on_the_definition(unseen):
    (unseen.folder / "locks").mkdir()
    assert unseen.run(*LOCK, "-o", "locks/a.lock").left == {"locks/a.lock"}
    assert unseen.run(*CHECK, "-o", "locks/a.lock").code == 0
    before = (unseen.folder / "drip.yaml").read_bytes()
    unseen.refused(2, "is the definition itself", run=(*LOCK, "-o", "./drip.yaml", "--force"))
    assert (unseen.folder / "drip.yaml").read_bytes() == before
    unseen.refused(2, "nowhere/a.lock: cannot write the lock", "create it first", run=(*LOCK, "-o", "nowhere/a.lock"))
    unseen.refused(2, "locks: the lock cannot be", run=(*LOCK, "-o", "locks"))
    unseen.refused(2, "locks: cannot write the lock: a folder stands", run=(*LOCK, "-o", "locks", "--force"))


def test_a_damaged_lock_stops_every_use_and_force_mends_it(case):
    case.run(*LOCK)
    case.edit("drip.lock", '"35d"', '"34d"')
    for arguments in (LOCK, CHECK, ("analyze", "drip.yaml", "-o", "out", "--no-report")):
        case.refused(2, "drip.lock:", "does not have this hash", "--force", run=arguments)
    assert case.run(*LOCK, "--force").code == 0
    assert experiment(case)["deviations"] == []


def test_a_wrong_definition_is_not_locked(unseen):
    unseen.edit("drip.yaml", "control: true", "control: maybe")
    assert unseen.run(*LOCK).code == 2
    assert not (unseen.folder / "drip.lock").exists()


def test_an_analysis_says_since_when_it_is_locked_and_what_was_changed(case):
    without = experiment(case)
    assert (without["locked"], without["locked_at"], without["deviations"]) == (False, None, [])
    assert without["locked_after_data"] is None
    case.run(*LOCK)
    locked = experiment(case)
    assert (locked["locked"], locked["deviations"], locked["locked_after_data"]) == (True, [], True)
    assert locked["locked_at"] == content(case)["locked_at"]
    case.edit("drip.yaml", "event: orders, window: [7d, 35d]", "event: orders, window: [7d, 28d]")
    changed = experiment(case)
    assert changed["locked"] is True
    [deviation] = changed["deviations"]
    line = deviation.pop("line")
    assert deviation == {
        "key": "metrics.retained.window",
        "old": "[7d, 35d]",
        "new": "[7d, 28d]",
        "default": None,
        "file": "drip.yaml",
        "sentence": "metrics.retained.window: [7d, 35d] → [7d, 28d]",
        "decides": True,
    }
    assert "retained" in (case.folder / "drip.yaml").read_text().splitlines()[line - 1]


def test_a_report_of_a_changed_definition_is_written(case):
    case.run(*LOCK)
    case.edit("drip.yaml", "event: orders, window: [7d, 35d]", "event: orders, window: [7d, 28d]")
    assert case.run("analyze", "drip.yaml", "-o", "out").code == 0
    assert case.run("report", "out/results.json", "-o", "again").code == 0


@pytest.mark.parametrize(
    ("days", "seen"),
    [
        (("2026-02-27", "2026-03-01"), {"seen": False, "last_event": None}),
        (("2026-02-27", "2026-03-02"), {"seen": True, "last_event": "2026-03-02"}),
        (("2026-05-09", "2026-02-27"), {"seen": True, "last_event": "2026-05-09"}),
        ((), {"seen": False, "last_event": None}),
    ],
)
def test_events_after_the_start_are_outcome_data(case, days, seen):
    header = ["customer_id", "ordered_at", "amount"]
    write_csv(case.folder / "orders.csv", [header, *(["0001", f"{day}T12:00:00Z", "5"] for day in days)])
    outcome = case.run(*LOCK)
    assert outcome.code == 0
    assert content(case)["outcome_data"] == seen
    told = "warning: outcome data exists already (last event "
    assert outcome.err.startswith(told) if seen["seen"] else outcome.err == ""
    again = case.run(*CHECK)
    assert again.code == 0
    assert ("outcome data existed then" in again.out) == seen["seen"]


def test_without_a_period_the_first_assignment_is_the_start(case):
    text = (case.folder / "drip.yaml").read_text()
    kept = [line for line in text.splitlines() if not line.startswith("period:")]
    (case.folder / "drip.yaml").write_text(
        "\n".join(kept).replace("eligible: first_order_at < period.start", "eligible: score >= 0")
    )
    assert case.run(*LOCK).code == 0
    assert content(case)["outcome_data"]["seen"] is True
    rows = read_csv(case.folder / "assignments.csv")
    late = [rows[0], *([unit, arm, "2026-09-01T08:00:00Z"] for unit, arm, _ in rows[1:])]
    write_csv(case.folder / "assignments.csv", late)
    assert case.run(*LOCK, "-o", "late.lock").code == 0
    assert content(case, "late.lock")["outcome_data"] == {"seen": False, "last_event": None}
    (case.folder / "assignments.csv").unlink()
    assert case.run(*LOCK, "-o", "none.lock").code == 0
    assert content(case, "none.lock")["outcome_data"] == {"seen": False, "last_event": None}


@pytest.mark.parametrize(
    ("cell", "words"), [("yesterday", "are not a date or time"), ("9999-12-31T00:00:00Z", "beyond the year 2200")]
)
def test_data_that_cannot_be_read_leaves_it_open(case, cell, words):
    case.append("orders.csv", f"0001,{cell},1")
    outcome = case.run(*LOCK)
    assert outcome.code == 0
    assert content(case)["outcome_data"] == {"seen": None, "last_event": None}
    assert outcome.err.startswith("warning: whether outcome data exists already cannot be told: drip.yaml:")
    assert words in outcome.err
    assert cell not in outcome.err


@pytest.mark.parametrize(
    ("rows", "seen"),
    [(["gate_30,1", "gate_40,0"], True), (["gate_30,", "gate_40,"], False), (None, False), (["gate_30,x"], None)],
)
def test_values_in_an_outcome_column_are_outcome_data(case, rows, seen):
    (case.folder / "gate.yaml").write_text(WIDE)
    if rows is not None:
        (case.folder / "players.csv").write_text("\n".join(["version,retention_7", *rows]) + "\n")
    assert case.run("lock", "gate.yaml").code == 0
    assert content(case, "gate.lock")["outcome_data"] == {"seen": seen, "last_event": None}


def test_a_committed_definition_is_locked_with_its_commit(unseen):
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(["git", *who, *arguments], cwd=unseen.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    outcome = unseen.run(*LOCK)
    assert content(unseen)["git"] == {"commit": git("rev-parse", "HEAD"), "modified": False}
    assert outcome.out.endswith(f"git commit {git('rev-parse', 'HEAD')}\n")
    unseen.edit("drip.yaml", "[7d, 35d]", "[7d, 28d]")
    outcome = unseen.run(*LOCK, "--force")
    assert content(unseen)["git"]["modified"] is True
    assert "where the definition is not as it is now" in outcome.out


def test_the_page_on_locks_prints_what_check_prints(tmp_path, case):
    root = Path(__file__).parents[2]
    shutil.copy(root / "experiments/drip.yaml", tmp_path)
    shipped = Case(tmp_path, case.main)
    assert shipped.run(*LOCK).code == 0
    shipped.edit("drip.yaml", "cadence: 7d", "cadence: 6d")
    shipped.edit("drip.yaml", "window: [28d, 56d]", "window: [28d, 42d]")
    shipped.edit("drip.yaml", "margin: 1pp", "margin: 2pp")
    lines = shipped.run(*CHECK).out.splitlines()
    assert len(lines) == 4
    page = (root / "docs/lock.md").read_text(encoding="utf-8")
    assert "\n".join(lines[1:]) + "\n```" in page


def test_the_installed_command_locks_and_checks(unseen):
    assert process(unseen.folder, *LOCK, real=True).returncode == 0
    assert process(unseen.folder, *CHECK, real=True).returncode == 0
    unseen.edit("drip.yaml", "[7d, 35d]", "[7d, 28d]")
    done = process(unseen.folder, *CHECK, real=True)
    assert done.returncode == 2
    assert "→" in done.stdout.decode()


@pytest.mark.parametrize("look", ["stat", "lstat", "open"])
def test_a_file_that_cannot_be_looked_at_is_not_taken_for_absent(case, monkeypatch, look):
    """Whether outcomes exist is then known from another look, or a doubt; each look fails in turn, once."""
    real, looks = getattr(os, look), [0]

    def fails_once(path, *args, **more):
        if isinstance(path, (str, os.PathLike)) and str(path).endswith("orders.csv"):
            looks[0] += 1
            if looks[0] == failing:
                raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, *args, **more)

    failing = 0
    monkeypatch.setattr(os, look, fails_once)
    while looks[0] >= failing:
        looks[0], failing = 0, failing + 1
        outcome = case.run(*LOCK, "--force")
        if outcome.code == 0:
            seen = content(case)["outcome_data"]["seen"]
            assert seen is True or (seen is None and "cannot be told" in outcome.err), (failing, outcome.err)
            (case.folder / "drip.lock").unlink()
        else:
            assert (outcome.code, outcome.left) == (3, frozenset()), outcome
            assert "Input/output error" in outcome.err
    assert failing > 1 or look != "stat"
