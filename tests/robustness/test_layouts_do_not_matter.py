"""The numbers depend on the rows alone: not on threads, nor on how many files hold them, in which order and folders."""

import json
import random
import shutil
from pathlib import Path

import duckdb
import pytest
from robust_runs import write_tables

from abtest import analyze, load
from abtest.engines.options import Limits

PARTS = (1, 3, 7)
LAYOUTS = [(kind, parts, hive) for kind in ("parquet", "csv") for parts in PARTS for hive in (False, True)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """One experiment whose orders are one folder, so that the definition is the same for all layouts."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder)
    definition = folder / "drip.yaml"
    definition.write_text(definition.read_text().replace("path: orders.parquet", "path: orders"))
    return folder


def analysed(folder: Path, threads: int) -> str:
    """Return results.json but for its provenance and the fingerprints of files."""
    found = json.loads(analyze(load(folder / "drip.yaml"), limits=Limits(threads=threads)).to_json())
    del found["provenance"]
    for source in found["data"]["sources"]:
        del source["fingerprint"]
    return json.dumps(found, indent=1)


def lay_out(source: Path, folder: Path, kind: str, parts: int, *, hive: bool) -> None:
    """Deal the orders out to files, in random order and files of random sizes."""
    chance = random.Random(f"{kind}{parts}{hive}")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    weights = [chance.random() for _ in range(parts)]
    edges = [sum(weights[: place + 1]) / sum(weights) for place in range(parts - 1)]
    part = " + ".join(["0", *(f"CAST(draw > {edge} AS INTEGER)" for edge in edges)])
    connection.execute(f"SELECT setseed({chance.random()})")
    connection.execute(f"CREATE TABLE orders AS SELECT *, random() AS draw FROM '{source}'")
    for number in chance.sample(range(parts), parts):
        place = folder / (f"orders/part={number}" if hive else "orders")
        place.mkdir(parents=True, exist_ok=True)
        target = place / f"{chance.randrange(10**6)}.{kind}"
        rows = f"SELECT * EXCLUDE (draw) FROM orders WHERE {part} = {number} ORDER BY hash(draw)"
        options = "ROW_GROUP_SIZE 2048" if kind == "parquet" else "HEADER"
        connection.execute(f"COPY ({rows}) TO '{target}' ({options})")


@pytest.fixture(scope="module")
def expected(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected") / "run"
    shutil.copytree(tables, folder)
    (folder / "orders").mkdir()
    (folder / "orders.parquet").rename(folder / "orders/0.parquet")
    return analysed(folder, 1)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_results_do_not_depend_on_files_folders_and_threads(tables, expected, tmp_path, layout):
    kind, parts, hive = layout
    folder = tmp_path / "run"
    shutil.copytree(tables, folder)
    lay_out(folder / "orders.parquet", folder, kind, parts, hive=hive)
    for threads in (1, 4):
        assert analysed(folder, threads) == expected
