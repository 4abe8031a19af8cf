"""Each fuzzer runs for a moment; a campaign is for its command. The cases are the same in every run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = {"definitions": 120, "csv": 12, "ndjson": 12, "parquet": 12, "lock": 20, "results": 30, "command-line": 30}


@pytest.mark.parametrize("target", RUNS)
def test_a_small_campaign_finds_nothing(target: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "--runs", str(RUNS[target]), "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{RUNS[target]:,} runs" in done.stdout
