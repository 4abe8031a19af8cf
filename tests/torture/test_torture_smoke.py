"""Some torture of each kind, by the documented command: the old set or the new one, nothing between, nothing left."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = ("own seam", "without locks", "disk full", "ulimit", "kills", "short", "at once", "clock", "inputs")


def test_nothing_that_goes_wrong_leaves_half_a_set_a_traceback_or_litter():
    chosen = [word for kind in KINDS for word in ("--only", kind)]
    command = [sys.executable, "-m", "tests.torture", "--smoke", "--servers", "2", *chosen]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    if found.stdout.startswith("skipped: "):
        pytest.skip(f"torture {found.stdout.strip()}")
    assert found.returncode == 0, found.stdout + found.stderr[-2000:]
    tried = re.findall(r"^(.+): (\d+) cases in \d+ s, 0 faults$", found.stdout, re.MULTILINE)
    skipped = re.findall(r"^\| (.+?) \| skipped: ", found.stdout, re.MULTILINE)
    assert all(any(kind in name for name, _ in tried) or any(kind in name for name in skipped) for kind in KINDS)
    assert all(int(cases) > 0 for _, cases in tried)
