"""The simulation of error rates runs, and what it prints lies within Monte-Carlo limits of nominal."""

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Methods that are there to show what goes wrong without the right one.
NAIVE = {"score test by session (naive)", "score test by member (naive)"}
FOILS = NAIVE | {"Holm in each family, no gate"}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.fixture(scope="module")
def printed() -> str:
    script = ROOT / "benchmarks" / "error_rates.py"
    done = subprocess.run([sys.executable, str(script), "--smoke"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text: str) -> Iterator[dict[str, str]]:
    head: list[str] = []
    for line in text.splitlines():
        if line.startswith(("| situation", "| correction")):
            head = cells(line)
        elif line.startswith("| "):
            yield dict(zip(head, cells(line), strict=True))


def limit(share: float, replications: int) -> float:
    return 3 * math.sqrt(share * (1 - share) / replications) + 0.0005  # printed with three digits


def test_every_kind_of_analysis_is_simulated(printed):
    titles = re.findall(r"^## (.+)$", printed, re.MULTILINE)
    assert len(titles) == len(set(titles)) == 15
    assert len(list(rows(printed))) >= len(titles)


def test_null_rejection_rates_are_within_monte_carlo_limits(printed):
    checked = 0
    for row in rows(printed):
        if row.get("method") in FOILS:
            continue
        n = int(row["replications"])
        for side in ("worse", "better", "shown at the margin"):
            if side in row:
                assert abs(float(row[side]) - 0.025) <= limit(0.025, n), row
                checked += 1
        if "family-wise error" in row:
            assert float(row["family-wise error"]) <= 0.05 + limit(0.05, n), row
            checked += 1
    assert checked >= 30


def test_methods_that_ignore_the_design_are_found_out(printed):
    found = [row for row in rows(printed) if row.get("method") in NAIVE]
    assert len(found) == len(NAIVE)
    assert all(row["within 3 errors of nominal"].startswith("no: ") for row in found)
