"""Signals end every command quickly, in any phase, with one line and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

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


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT])
def test_a_terminal_that_closes_and_ctrl_backslash_end_it_the_same_way(folder, number):
    before = listing(folder)
    run = Run(folder, "ask counting outcomes", *ANALYZE)
    run.wait_until_reached()
    run.process.send_signal(number)
    assert run.end() == (128 + number, "", "interrupted; nothing was written\n")
    assert listing(folder) == before
    assert listing(run.temporary) == set()


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


SCRIPT = """
import os, signal, sys, time
from abtest.process import signals as interrupts
from abtest.process.temporary import TemporaryFolder, temporary_path

def stop():
    os.kill(os.getpid(), signal.SIGTERM)

with interrupts.stoppable():
    {}
print("went on")
"""


def stopped(folder, lines, **settings):
    """Run ``lines`` where signals rule, and return the exit code, stdout and stderr."""
    script = SCRIPT.format(lines.strip().replace("\n", "\n    "))
    run = [sys.executable, "-c", script]
    found = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=60, check=False, **settings)
    return found.returncode, found.stdout, found.stderr


NOTHING, WRITTEN = "interrupted; nothing was written\n", "interrupted; the files are written\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("stop()", (143, "", NOTHING)),
        ("os.kill(os.getpid(), signal.SIGQUIT)", (131, "", NOTHING)),
        # What was put in place for an earlier run is not this one's.
        (
            "with interrupts.uninterrupted(written=False):\n    os.kill(os.getpid(), signal.SIGHUP)\nstop()",
            (143, "", NOTHING),
        ),
        # Code of libraries swallows exceptions; ours is none.
        ("try:\n    stop()\nexcept BaseException:\n    print('swallowed')", (143, "", NOTHING)),
        ("class Late:\n    def __del__(self):\n        stop()\nLate()", (143, "", NOTHING)),
        # While files are put in place signals wait, and afterwards something was written.
        ("with interrupts.uninterrupted():\n    stop()\n    print('whole')", (0, "whole\nwent on\n", "")),
        ("with interrupts.uninterrupted():\n    pass\nstop()", (143, "", WRITTEN)),
        (
            "try:\n    with interrupts.uninterrupted():\n        1 / 0\nexcept ZeroDivisionError:\n    stop()",
            (143, "", NOTHING),
        ),
        # What threads say whose ground is taken away is not heard.
        ("interrupts.on_stop(lambda: print('torn', file=sys.stderr, flush=True))\nstop()", (143, "", NOTHING)),
        ("interrupts.on_stop(lambda: 1 / 0)\nstop()", (143, "", NOTHING)),
        # Another library's handler raises Python's own exception.
        (
            "signal.signal(signal.SIGINT, signal.default_int_handler)\nsignal.raise_signal(signal.SIGINT)",
            (130, "", NOTHING),
        ),
    ],
)
def test_a_signal_ends_the_process_wherever_it_is(tmp_path, lines, expected):
    assert stopped(tmp_path, lines) == expected


def test_nohup_is_heeded(tmp_path):
    lines = "os.kill(os.getpid(), signal.SIGHUP)\nprint('still here')"
    run = ["nohup", sys.executable, "-c", SCRIPT.format(lines.replace("\n", "\n    "))]
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (0, "still here\nwent on\n")


def test_what_is_registered_is_removed_and_what_was_taken_back_is_not(tmp_path):
    lines = """
folder, kept = TemporaryFolder("."), TemporaryFolder(".")
(folder.path / "deep").mkdir()
(folder.path / "deep" / "rows").write_text("1")
with temporary_path(folder.path.parent / "unfinished") as path:
    path.write_text("2")
    done = folder.path.parent / "done"
    with temporary_path(folder.path.parent / "half") as half:
        half.write_text("3")
        half.replace(done)
    done.with_name("half").write_text("of somebody else")
    stop()
"""
    assert stopped(tmp_path, lines) == (143, "", NOTHING)
    assert listing(tmp_path) == {"done", "half"}


def test_one_that_hangs_keeps_no_other_from_being_done(tmp_path):
    lines = """
interrupts._PATIENCE = 0.5
folder = TemporaryFolder(".")
for _ in range(3):
    interrupts.on_stop(lambda: time.sleep(100))
stop()
"""
    began = time.monotonic()
    assert stopped(tmp_path, lines) == (143, "", NOTHING)
    assert listing(tmp_path) == set()
    assert time.monotonic() - began < 50


def test_without_rule_an_interrupt_is_pythons_own_and_folders_are_removed(tmp_path):
    lines = """
from abtest.process.temporary import temporary_folder
from abtest.process import signals as interrupts
import signal
try:
    with interrupts.uninterrupted(), temporary_folder("."):
        signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("heard", interrupts.ruled())
"""
    found = subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("heard False\n", "")
    assert listing(tmp_path) == set()


def java_of(process):
    """Return the process ids of what the process with this id has started."""
    children = Path(f"/proc/{process}/task").glob("*/children")
    return [int(number) for child in children for number in child.read_text().split()]


@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@pytest.mark.skipif(not [*Path("/proc/self/task").glob("*/children")], reason="needs a system that lists children")
def test_java_that_still_starts_is_ended_too(folder):
    pytest.importorskip("pyspark")
    before = listing(folder)
    run = Run(folder, "ask nothing", *ANALYZE, "--engine", "spark")
    deadline = time.monotonic() + 60
    while not (started := java_of(run.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    run.process.send_signal(signal.SIGINT)
    assert run.end() == (130, "", NOTHING)
    assert started
    assert not any(Path(f"/proc/{number}").exists() for number in started)
    assert listing(folder) == before
    assert listing(run.temporary) == set()
