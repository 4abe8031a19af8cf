"""Ctrl-C and SIGTERM end every command quickly, in any phase, with one line and nothing left behind."""

import os
import signal
import time

import pytest
from robust_runs import Run, listing, write_tables

ANALYZE = ("analyze", "drip.yaml", "-o", "out/deep")
PHASES = [
    (ANALYZE, "reading files"),
    (ANALYZE, "ask looking at customers"),
    (ANALYZE, "ask looking at orders"),
    (ANALYZE, "ask reading population"),
    (ANALYZE, "ask reading orders_by_unit"),
    (ANALYZE, "ask counting outcomes"),
    (ANALYZE, "writing the report"),
    (("assign", "drip.yaml", "-o", "drawn.parquet"), "ask reading drawn"),
    (("assign", "drip.yaml", "-o", "drawn.csv"), "ask writing"),
    (("retention", "orders.parquet", "--unit", "customer_id", "--at", "ordered_at", "-o", "out"), "ask looking at"),
    (("validate", "--data", "drip.yaml"), "ask looking at orders"),
]
QUICK = 2.0
"""Seconds in which a person who pressed Ctrl-C sees the prompt again; a busy machine gets more."""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "experiment"
    folder.mkdir()
    write_tables(folder)
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("arguments", "phase"), PHASES, ids=[f"{a[0]}-{p}" for a, p in PHASES])
def test_an_interrupt_ends_the_run_and_leaves_nothing(folder, arguments, phase, number):
    before = listing(folder)
    run = Run(folder, phase, *arguments)
    run.wait_until_reached()
    began = time.monotonic()
    run.process.send_signal(number)
    code, out, err = run.end()
    assert (code, out) == (128 + number, "")
    assert err == "interrupted; nothing was written\n"
    assert listing(folder) == before
    assert listing(run.temporary) == set()
    assert time.monotonic() - began < QUICK * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_the_engines_own_temporary_folder_is_removed_too(folder, tmp_path):
    spill = tmp_path / "spill"
    spill.mkdir()
    run = Run(folder, "ask counting outcomes", *ANALYZE, "--temp-dir", str(spill))
    run.wait_until_reached()
    assert len(list(spill.iterdir())) == 1
    run.process.send_signal(signal.SIGINT)
    assert run.end()[0] == 130
    assert listing(spill) == set()


def test_a_signal_that_comes_twice_is_one(folder):
    # A terminal sends Ctrl-C to all its processes, and a program that started us may pass its own on.
    run = Run(folder, "ask counting outcomes", *ANALYZE)
    run.wait_until_reached()
    for _ in range(5):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    code, _, err = run.end()
    assert (code, err) == (130, "interrupted; nothing was written\n")
    assert listing(run.temporary) == set()


def test_an_old_report_stays_as_it_is(folder):
    (folder / "out/deep").mkdir(parents=True)
    (folder / "out/deep/results.json").write_text("old")
    before = listing(folder)
    run = Run(folder, "writing the report", *ANALYZE)
    run.wait_until_reached()
    run.process.send_signal(signal.SIGTERM)
    assert run.end()[0] == 143
    assert listing(folder) == before
    assert (folder / "out/deep/results.json").read_text() == "old"
