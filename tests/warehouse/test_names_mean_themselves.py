"""A name of a file is that file, each file counts once, and the engine opens nothing else."""

import os
from pathlib import Path

import pytest

from abtest import analyze, load
from abtest.engines.duckdb.database import Database
from abtest.engines.engine import EngineError, Statement
from abtest.engines.options import Limits
from abtest.errors import DataError, UsageError
from abtest.files import paths
from abtest.files.located import locate
from abtest.files.paths import find_files
from abtest.process import machine

NAMES = ["o[1].csv", "o*.csv", "o?.csv", "{a,b}.csv", "~.csv", "-.csv", "s3:x.csv", "o.csv?x=1.csv", "#x.csv"]
NAMES += ["a%20b.csv", " o .csv", "it's.csv", 'say "o".csv', "back\\s[1].csv", "[!a].csv", "o[[]1].csv"]


@pytest.fixture
def engine():
    opened = Database()
    yield opened
    opened.close()


def written(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"id\n{name}\n".replace('"', "'"))


def values(engine: Database, folder: Path, pattern: str) -> list[object]:
    located = locate(pattern, folder, "data.orders")
    engine.attach_files("t", located.names, located.kind, (";", ["id"]))
    return [row["id"] for row in engine.rows(Statement("SELECT id FROM t ORDER BY id", {}))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inside", ["{}", "x[1]/{}", "x*/{}"])
def test_a_name_is_read_as_that_file_whatever_it_would_match(engine, tmp_path, name, inside):
    written(tmp_path, *(f"{folder}{decoy}" for folder in ("", "x1/") for decoy in ("o1.csv", "oX.csv", "b.csv")))
    written(tmp_path, inside.format(name))
    assert values(engine, tmp_path, inside.format(name)) == [inside.format(name).replace('"', "'")]


@pytest.mark.parametrize("name", [" o.csv", "  o.csv", "o /o.csv", "o.csv "])
def test_blanks_in_quotes_are_part_of_a_name(tmp_path, name):
    rows = {"o.csv": "id,arm,kept\n" + "1,a,1\n2,b,1\n" * 9, name: "id,arm,kept\n" + "1,a,0\n2,b,0\n" * 9}
    for each, text in rows.items():
        (tmp_path / each).parent.mkdir(exist_ok=True)
        (tmp_path / each).write_text(text)
    (tmp_path / "d.yaml").write_text(
        f"name: d\ndata: {{customers: {{path: '{name}', arm: arm}}}}\narms: [{{name: a, control: true}}, {{name: b}}]\n"
        "metrics: {kept: {type: column, role: primary}}\n"
    )
    if name.endswith(".csv"):
        assert [arm.value for arm in analyze(load(tmp_path / "d.yaml")).metric("kept").arms] == [0, 0]
    else:
        with pytest.raises(DataError, match=r"o\.csv  has no known ending"):
            analyze(load(tmp_path / "d.yaml"))


def test_a_link_loop_counts_each_file_once(tmp_path):
    written(tmp_path, "orders/day=1/a.csv", "orders/day=2/b.csv")
    (tmp_path / "orders/day=1/loop").symlink_to("..")
    (tmp_path / "orders/a-latest").symlink_to("day=2")
    (tmp_path / "orders/day=2/linked.csv").symlink_to("b.csv")
    os.link(tmp_path / "orders/day=1/a.csv", tmp_path / "orders/day=1/hard.csv")
    for pattern in ("orders", "orders/", "orders/**", "orders/**/*.csv", "**/*.csv"):
        found = find_files(pattern, tmp_path, "data.orders")
        assert [str(file.relative_to(tmp_path / "orders")) for file in found.files] == ["day=1/a.csv", "day=2/b.csv"]
        assert {name.name for name, _ in found.again} == {"loop", "a-latest", "linked.csv", "hard.csv"}


@pytest.mark.parametrize(
    "pattern", ["pipe.csv", "pipe*.csv", "folder", "broken.csv", "**/b*.csv", "/dev/null", "/proc"]
)
def test_what_is_no_ordinary_file_is_refused_by_name_and_never_opened(tmp_path, pattern):
    written(tmp_path, "folder/a.csv")
    for place in (tmp_path, tmp_path / "folder"):
        os.mkfifo(place / "pipe.csv")
    (tmp_path / "broken.csv").symlink_to("nowhere.csv")
    with pytest.raises(DataError, match=r"^data\.orders: .*(is a pipe|does not exist|is a device|the system's)"):
        find_files(pattern, tmp_path, "data.orders")


def test_limits_of_a_search_say_so(tmp_path, monkeypatch):
    written(tmp_path, "a/1.csv", "a/2.csv", "a/b/c/3.csv")
    for name, value, told in (
        ("MOST_FILES", 2, "more than 2 files"),
        ("MOST_ENTRIES", 2, "more than 2 names"),
        ("MOST_LEVELS", 1, "more than 1 levels"),
        ("LONGEST_SEARCH", -1.0, "took more than"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(paths, name, value)
            with pytest.raises(DataError, match=told):
                find_files("a", tmp_path, "data.orders")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{0}/evil.csv'",
        "ATTACH '{0}/evil.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
        "SET threads = 1",
    ],
)
@pytest.mark.parametrize("attached", [True, False])
def test_the_engine_opens_nothing_else_and_stays_shut(engine, tmp_path, text, attached):
    written(tmp_path, "o.csv")
    if attached:
        assert values(engine, tmp_path, "o.csv") == ["o.csv"]
    with pytest.raises(EngineError):
        engine.rows(Statement(text.format(tmp_path), {}))
    assert [file.name for file in tmp_path.iterdir()] == ["o.csv"]


def test_threads_and_memory_are_bounded_by_the_machine():
    with pytest.raises(UsageError, match="threads: 100,000 are more than are of use here"):
        Limits(threads=100_000)
    with pytest.raises(UsageError, match="memory limit: 900TB is more than"):
        Limits(memory="900TB")


@pytest.mark.parametrize(
    ("group", "cpu", "memory"),
    [
        ("0::/a/b", ("a/cpu.max", "100000 100000"), ("a/b/memory.max", "1000000")),
        (
            "3:cpu,cpuacct:/a\n4:memory:/a",
            ("cpu/a/cpu.cfs_quota_us", "50000"),
            ("memory/memory.limit_in_bytes", "1000000"),
        ),
    ],
)
def test_a_container_grants_less_than_the_machine(tmp_path, group, cpu, memory):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(group + "\n")
    for name, text in (cpu, memory, ("cpu/a/cpu.cfs_period_us", "100000")):
        file = tmp_path / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    assert machine.processors(tmp_path) == 1
    assert machine.memory(tmp_path) == 1_000_000
