"""On a terminal one line says what is read and how far, and goes; anywhere else there is nothing."""

import os
import pty
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from robust_runs import Run, write_tables

QUIET = "replacing -1"
DRIVER = """
import sys, time
from abtest.cli import progress
from abtest.engines.duckdb import running
progress._QUICK = 0  # however quick the machine is
running._TICK = 0.001
from abtest.cli import main
sys.argv[0] = "abtest"
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("progress") / "experiment"
    folder.mkdir()
    write_tables(folder, 60_000)
    return folder


def on_terminal(folder: Path, *arguments: str, columns: int = 80) -> str:
    """Return what a terminal gets on stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "COLUMNS": str(columns)},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not some:
            break
        shown += some
    os.close(ours)
    assert process.wait(timeout=100) in {0, 4}
    return shown.decode()


def screen(shown: str) -> str:
    """Return what is left on the screen: what follows the last time that the line was wiped."""
    assert shown.endswith("\r\x1b[K")
    return "".join(line.rpartition("\x1b[K")[2] for line in shown.split("\n")).strip()


@pytest.mark.parametrize("columns", [80, 20])
def test_a_terminal_sees_what_is_read_and_how_far_and_nothing_at_the_end(folder, columns):
    shown = on_terminal(folder, "analyze", "drip.yaml", "-o", "out", "--no-report", columns=columns)
    assert screen(shown) == ""
    lines = shown.split("\r\x1b[K")[1:]
    assert all(len(line) < columns for line in lines)
    assert "\n" not in shown
    # A line that is as it was is not written again, which would flicker.
    assert all(one != other for one, other in pairwise(lines))
    if columns == 80:
        of_files = [line for line in lines if re.match(r"looking at orders \([0-9.]+ [kM]B\)", line)]
        assert of_files
        shares = [int(found[1]) for line in of_files if (found := re.search(r" (\d+) % ", line))]
        assert shares == sorted(shares)
        assert all(0 < share <= 100 for share in shares)


@pytest.mark.parametrize(
    "arguments", [("analyze", "drip.yaml", "-o", "piped", "--no-report"), ("validate", "--data", "drip.yaml")]
)
def test_a_pipe_gets_no_progress(folder, arguments):
    code, out, err = Run(folder, QUIET, *arguments).end()
    assert code in {0, 4}
    assert "\x1b" not in out + err
    assert "looking at" not in err
