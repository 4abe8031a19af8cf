"""Files that are cut off, change, or are not there: a clear error that names the file, and no output."""

import gzip
import os
import shutil
from pathlib import Path

import duckdb
import pytest
from robust_runs import Run, listing, write_tables

from abtest import analyze, load
from abtest.errors import DataError
from abtest.files.located import fingerprint, locate, require_unchanged, stamps

ANALYZE = ("analyze", "drip.yaml", "-o", "out", "--no-report")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "experiment"
    folder.mkdir()
    write_tables(folder)
    return folder


def append(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"u1,2025-05-01 10:00:00+00,pro\n")


def rewrite(file: Path) -> None:
    """The same bytes under the same name, as a tool writes that exports again and again."""
    shutil.copy(file, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


def touch(file: Path) -> None:
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000))


@pytest.mark.parametrize("change", [append, rewrite, touch])
@pytest.mark.parametrize("file", ["customers.csv", "orders.parquet"])
def test_a_file_that_changes_while_it_is_read_is_refused(folder, change, file):
    before = listing(folder)
    run = Run(folder, "hold counting outcomes", *ANALYZE)
    run.wait_until_reached()
    change(folder / file)
    run.go_on()
    code, out, err = run.end()
    assert (code, out) == (3, "")
    if change is not append or file == "customers.csv":
        assert err.endswith(f"{file} changed while it was read; run again when it is complete\n")
    assert len(err.splitlines()) == 1
    assert listing(folder) == before
    assert listing(run.temporary) == set()


def test_a_source_that_disappears_before_it_is_hashed_is_named(folder, monkeypatch):
    def too_late(files, *, whole=False):
        files[0].unlink()
        return fingerprint(files, whole=whole)

    monkeypatch.setattr("abtest.warehouse.sources.fingerprint", too_late)
    with pytest.raises(DataError, match="was it moved or removed while it was read"):
        analyze(load(folder / ANALYZE[1]))


def test_files_that_stay_as_they_are_pass(tmp_path):
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text("a\n1\n")
    before = stamps(files, "x.yaml:1:1: data.a")
    require_unchanged(files, before, "x.yaml:1:1: data.a")
    files[1].write_text("a\n1\n2\n")
    with pytest.raises(DataError, match=r"^x\.yaml:1:1: data\.a: b\.csv changed while it was read; run again"):
        require_unchanged(files, before, "x.yaml:1:1: data.a")


def test_a_source_that_disappears_while_it_is_read_is_named(folder):
    run = Run(folder, "hold looking at orders", *ANALYZE)
    run.wait_until_reached()
    (folder / "orders.parquet").unlink()
    run.go_on()
    code, out, err = run.end()
    assert (code, out) == (3, "")
    assert "orders.parquet" in err
    assert "was it moved or removed while it was read?" in err
    assert len(err.splitlines()) == 1
    assert not (folder / "out").exists()


def refused(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        analyze(load(folder / "drip.yaml"))
    assert "\n" not in str(error.value)
    return str(error.value)


def use(folder: Path, table: str, path: str) -> None:
    definition = folder / "drip.yaml"
    old = {"customers": "customers.csv"}.get(table, f"{table}.parquet")
    definition.write_text(definition.read_text().replace(f"path: {old}", f"path: {path}"))


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.999])
def test_a_parquet_file_that_is_cut_off_is_refused(folder, share):
    file = folder / "orders.parquet"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    error = refused(folder)
    assert "orders.parquet" in error
    assert "export or copy it again" in error


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_parquet_file_whose_rows_are_damaged_is_refused(folder, place):
    file = folder / "orders.parquet"
    content = bytearray(file.read_bytes())
    start = int(len(content) * place)
    content[start : start + 400] = b"\xff" * 400
    file.write_bytes(content)
    try:
        analyze(load(folder / "drip.yaml"))
    except DataError as error:
        assert "orders" in str(error)  # noqa: PT017 - numbers that are other numbers cannot be told from right ones


def test_a_csv_that_is_cut_off_in_a_line_is_refused(folder):
    file = folder / "customers.csv"
    file.write_bytes(file.read_bytes()[:-20])  # within the last line
    assert "customers.csv" in refused(folder)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_gzip_that_is_cut_off_is_refused(folder, share):
    packed = gzip.compress((folder / "customers.csv").read_bytes())
    (folder / "customers.csv.gz").write_bytes(packed[: int(len(packed) * share)])
    use(folder, "customers", "customers.csv.gz")
    error = refused(folder)
    assert "customers.csv.gz" in error
    assert "cut off or damaged" in error


def test_a_parquet_file_without_rows_says_so(folder):
    file = folder / "orders.parquet"
    duckdb.execute(f"COPY (SELECT * FROM '{file}' WHERE false) TO '{file}.new.parquet'")
    Path(f"{file}.new.parquet").replace(file)
    assert "orders.parquet has no rows" in refused(folder)


def test_a_part_without_rows_is_a_part_like_others(folder):
    file = folder / "orders.parquet"
    whole = analyze(load(folder / "drip.yaml")).metrics
    (folder / "parts").mkdir()
    duckdb.execute(f"COPY (SELECT * FROM '{file}' WHERE false) TO '{folder}/parts/0.parquet'")
    file.rename(folder / "parts/1.parquet")
    use(folder, "orders", "parts")
    assert analyze(load(folder / "drip.yaml")).metrics == whole


def test_an_empty_folder_in_the_place_of_a_file_is_refused(folder):
    (folder / "orders.parquet").unlink()
    (folder / "orders.parquet").mkdir()
    assert "the folder orders.parquet holds no file" in refused(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for the superuser")
@pytest.mark.parametrize("name", ["customers.csv", "orders.parquet"])
def test_a_file_that_may_not_be_read_is_named(folder, name):
    (folder / name).chmod(0)
    error = refused(folder)
    assert name in error
    assert "ermission" in error


LONG = {"zeros": b"\0", "blanks": b"u1,2025-05-01 10:00:00+00," + b" " * 9, "a number": b"1"}


@pytest.mark.parametrize("filled", LONG)
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n\n"])
@pytest.mark.parametrize("name", ["o.csv", "o.csv.gz"])
def test_a_csv_that_ends_with_an_endless_line_is_refused_and_that_line_never_left_out(tmp_path, filled, ending, name):
    whole = b"id,at\n" + b"1,2026-03-02\n" * 50
    tail = LONG[filled] + LONG[filled][-1:] * 33_000_000 + ending  # longer than what the engine reads at once
    (tmp_path / name).write_bytes(gzip.compress(whole + tail, 1) if name.endswith(".gz") else whole + tail)
    with pytest.raises(DataError, match=r"^data\.orders: o\.csv(\.gz)?: the last line is longer than 2 MB"):
        locate(name, tmp_path, "data.orders")


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n"])
def test_a_long_line_that_the_engine_reads_is_no_such_line(tmp_path, ending):
    (tmp_path / "o.csv").write_bytes(b"id,at\n" + b"1,2026-03-02\n" * 200_000 + b"1," + b"x" * 1_900_000 + ending)
    assert locate("o.csv", tmp_path, "data.orders").kind == "csv"


def test_a_line_in_the_middle_that_is_too_long_is_named_as_that(folder):
    with (folder / "customers.csv").open("ab") as file:
        file.write(b"u1,2025-05-01 10:00:00+00," + b"x" * 33_000_000 + b"\nu2,2025-05-01 10:00:00+00,pro\n")
    with pytest.raises(DataError, match=r"customers\.csv: a line is longer than 2 MB"):
        analyze(load(folder / "drip.yaml"))
