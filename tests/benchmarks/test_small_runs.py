"""The other benchmarks run; what they measure is for their commands."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("early_reading.py", "changing split"),
        ("from_moments.py", "100 segments × 20 metrics"),
        ("survival_speed.py", "20,000 units"),
    ],
)
def test_a_small_run_prints_its_table(script: str, said: str) -> None:
    command = [sys.executable, str(BENCHMARKS / script), "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
