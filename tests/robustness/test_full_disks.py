"""A disk that is full, for the report or for what memory does not hold: what is wrong and the cure, and no output."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from robust_runs import Run, contents, listing, write_tables

RUN = "killed before -1"  # without a stop


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "experiment"
    folder.mkdir()
    write_tables(folder)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 64 kB that is empty."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)]
    if not sys.platform.startswith("linux") or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes Linux and the superuser")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("room", [0, 4_000, 60_000])
def test_a_report_that_does_not_fit_is_not_written_at_all(folder, small_disk, room):
    (small_disk / "ballast").write_bytes(b"x" * (64 * 1024 - 4096 - room // 4096 * 4096))
    before = listing(small_disk)
    code, out, err = Run(folder, RUN, "analyze", "drip.yaml", "-o", str(small_disk / "out")).end()
    assert (code, out) == (2, "")
    assert str(small_disk) in err
    assert "No space left on device; choose another output folder, or free this one" in err
    assert len(err.splitlines()) == 1
    assert listing(small_disk) == before


def test_an_old_report_on_a_full_disk_stays_as_it_is(folder, small_disk):
    (small_disk / "results.json").write_text("old")
    code, _, _ = Run(folder, RUN, "analyze", "drip.yaml", "-o", str(small_disk)).end()
    assert code == 2
    assert contents(small_disk) == {"results.json": b"old"}
    assert listing(small_disk) == {"results.json"}


@pytest.mark.parametrize("name", ["drawn.parquet", "drawn.csv"])
def test_arms_that_do_not_fit_are_not_written_at_all(folder, small_disk, name):
    duckdb.execute(
        f"COPY (SELECT 'customer ' || hash(i) AS customer_id, TIMESTAMPTZ '2025-05-01 10:00:00Z' AS first_order_at, "
        f"'pro' AS plan FROM range(20000) AS t(i)) TO '{folder}/customers.csv'"
    )
    code, out, err = Run(folder, RUN, "assign", "drip.yaml", "-o", str(small_disk / name)).end()
    assert code in {2, 3}
    assert out == ""
    assert "the disk is full" in err
    assert len(err.splitlines()) == 1
    assert listing(small_disk) == set()


def test_spilling_to_a_full_disk_names_the_option_that_helps(folder, small_disk):
    duckdb.execute(
        f"COPY (SELECT 'customer ' || i AS customer_id, ['weekly', 'biweekly'][1 + i % 2] AS variant, "
        f"TIMESTAMPTZ '2026-03-02 08:00:00Z' AS assigned_at FROM range(1500000) AS t(i)) "
        f"TO '{folder}/assignments.parquet'"
    )
    before = listing(folder)
    limits = ("--memory-limit", "80MB", "--threads", "2", "--temp-dir", str(small_disk))
    code, out, err = Run(folder, RUN, "analyze", "drip.yaml", "-o", "out", "--no-report", *limits).end()
    assert (code, out) == (3, "")
    # Which of the two gives out first is a matter of moments, and either has its option.
    full = "the disk for temporary files is full; name a folder with more space with --temp-dir"
    assert full in err or "memory ran out; allow more with --memory-limit" in err
    assert len(err.splitlines()) == 1
    assert listing(folder) == before
    assert listing(small_disk) == set()
