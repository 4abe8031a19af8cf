"""No command writes over what it reads, under whatever name; and a folder of results holds one set of them."""

import json
import os
import shutil
import signal

import pytest
import warm
from cli_runs import process

FAST = ("analyze", "drip.yaml", "-o", "out", "--no-report", "-q")


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("written", ["customers.csv", "link.csv", "hard.csv", "orders.csv", "sub/../customers.csv"])
@pytest.mark.parametrize(
    "path", ["customers.csv", "customers*.csv", "cust[o]mers.csv", "link.csv", "./sub/../customers.csv"]
)
def test_assign_keeps_every_file_that_the_definition_reads(case, path, written):
    (case.folder / "sub").mkdir()
    (case.folder / "link.csv").symlink_to("customers.csv")
    (case.folder / "hard.csv").hardlink_to(case.folder / "customers.csv")
    case.edit("drip.yaml", "path: customers.csv", f"path: {json.dumps(path)}")
    before = {file: (case.folder / file).read_bytes() for file in ("customers.csv", "orders.csv")}
    found = process(case.folder, "assign", "drip.yaml", "-o", written, "--force")
    assert found.returncode == 2, found.stderr
    assert b"is read by this command" in found.stderr
    assert before == {file: (case.folder / file).read_bytes() for file in before}
    assert (case.folder / "link.csv").is_symlink()


def test_a_file_added_to_a_folder_that_is_read_is_refused_too(case):
    (case.folder / "customers").mkdir()
    (case.folder / "customers.csv").rename(case.folder / "customers" / "1.csv")
    case.edit("drip.yaml", "path: customers.csv", "path: customers")
    found = process(case.folder, "assign", "drip.yaml", "-o", "customers/2.csv")
    assert found.returncode == 2
    assert names(case.folder / "customers") == {"1.csv"}


def test_lock_and_retention_keep_what_they_read(case):
    before = (case.folder / "orders.csv").read_bytes()
    found = process(case.folder, "lock", "drip.yaml", "-o", "orders.csv", "--force")
    assert (found.returncode, b"orders.csv: is read by this command" in found.stderr) == (2, True)
    (case.folder / "out").mkdir()
    shutil.copy(case.folder / "orders.csv", case.folder / "out" / "retention.csv")
    ask = ("retention", "out/*.csv", "--unit", "customer_id", "--at", "ordered_at", "-o", "out")
    found = process(case.folder, *ask)
    assert (found.returncode, b"out/retention.csv: is read by this command" in found.stderr) == (2, True)
    assert (case.folder / "out" / "retention.csv").read_bytes() == before
    assert names(case.folder / "out") == {"retention.csv"}


def test_results_without_a_report_do_not_stand_beside_the_old_one(case):
    assert process(case.folder, "analyze", "drip.yaml", "-o", "out", "-q").returncode == 0
    (case.folder / "out" / "notes.md").write_text("mine")
    (case.folder / "out" / "small-curve-mine.png").write_text("mine")
    assert len(names(case.folder / "out")) == 9
    assert process(case.folder, *FAST).returncode == 0
    assert names(case.folder / "out") == {"results.json", "notes.md", "small-curve-mine.png"}


def test_the_report_of_another_experiment_goes_with_its_results(case):
    assert process(case.folder, "analyze", "drip.yaml", "-o", "out", "-q").returncode == 0
    case.edit("drip.yaml", "name: small", "name: other")
    assert process(case.folder, *FAST).returncode == 0
    assert names(case.folder / "out") == {"results.json"}
    assert json.loads((case.folder / "out/results.json").read_text())["experiment"]["name"] == "other"


def test_report_renders_beside_its_results_and_spares_those_of_others(case):
    assert process(case.folder, *FAST).returncode == 0
    results = case.folder / "out" / "results.json"
    before = results.read_bytes()
    assert process(case.folder, "report", "out/results.json").returncode == 0
    assert results.read_bytes() == before
    assert "small.pdf" in names(case.folder / "out")
    march = case.folder / "out" / "march.json"
    march.write_text(before.decode().replace('"name": "small"', '"name": "march"', 1))
    assert march.read_bytes() != before
    found = process(case.folder, "report", "out/march.json")
    assert found.returncode == 2, found.stderr
    assert b"out/results.json: are other results than march.json; name another folder with --output" in found.stderr
    assert results.read_bytes() == before


KILLED = """
import os, sys
from abtest.process import disk
def rename(old, new, rename=disk.rename):
    rename(old, new)
    if ".abtest-commit-" in str(new):
        os.kill(os.getpid(), 9)
disk.rename = rename
"""


def test_report_completes_what_a_killed_analyze_had_decided_before_it_reads(case):
    assert process(case.folder, *FAST).returncode == 0
    (case.folder / "out" / "notes.md").write_text("mine")
    case.edit("drip.yaml", "name: small", "name: later")
    found = warm.start(["analyze", "drip.yaml", "-o", "out", "-q"], case.folder, first=KILLED)
    assert found.poll(60) == -signal.SIGKILL
    assert json.loads((case.folder / "out/results.json").read_text())["experiment"]["name"] == "small"
    assert process(case.folder, "report", "out/results.json", "-o", "again").returncode == 0
    assert json.loads((case.folder / "again/results.json").read_text())["experiment"]["name"] == "later"
    assert not list(case.folder.rglob("*abtest-*"))
    assert names(case.folder / "again") == names(case.folder / "out") - {"notes.md"}


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="has no devices")  # noqa: PTH110
def test_a_device_is_no_place_for_a_file(case):
    for place in ("/dev/null", "/dev/stdout"):
        found = process(case.folder, "schema", "-o", place)
        assert (found.returncode, b"and no files" in found.stderr) == (2, True)
